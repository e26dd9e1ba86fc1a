// npm leaves a platform package out of the lockfile when the registry at hand does not serve it,
// and `npm ci` on any machine then refuses the whole lock. This writes the missing entries.
// Run it after each change of dependencies: node tools/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'

const os = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const cpu = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
let added = 0
for (const [path, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] ?? lock.packages[`${path}/node_modules/${name}`]) continue
    const words = name.split(/[/-]/)
    const system = os.find((one) => words.includes(one))
    const chip = cpu.find((one) => words.includes(one))
    if (!system || !chip || !/^\d+\.\d+\.\d+$/.test(version)) {
      console.log('left alone:', name, version)
      continue
    }
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(owner.dev && { dev: true }),
      optional: true,
      os: [system],
      cpu: [chip],
    }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} platform packages added`)
