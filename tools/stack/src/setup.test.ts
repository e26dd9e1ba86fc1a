import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { temporaryHome } from './temporary-home.ts'

const setup = fileURLToPath(new URL('../../setup.mjs', import.meta.url))

/** A clone in which everything is installed, with a Node that says it is `version`. */
async function installedClone(root: string, version: string) {
  const lock = '{"lockfileVersion":3,"packages":{}}'
  const bin = join(root, 'node_modules', '.bin')
  await mkdir(bin, { recursive: true })
  await mkdir(join(root, 'tools'))
  await copyFile(setup, join(root, 'tools', 'setup.mjs'))
  await writeFile(join(root, 'package-lock.json'), lock)
  await writeFile(join(root, 'node_modules', '.parvis-lock'), createHash('sha256').update(lock).digest('hex'))
  await writeFile(join(bin, 'node'), `#!/bin/sh\necho v${version}\n`)
  await chmod(join(bin, 'node'), 0o755)
  return execa(process.execPath, [join(root, 'tools', 'setup.mjs')], { reject: false })
}

test('says nothing when all is there', async () => {
  await using place = await temporaryHome()
  const { exitCode, stdout, stderr } = await installedClone(place.home, '24.21.0')
  expect([exitCode, stdout, stderr]).toEqual([0, '', ''])
})

test('an old Node is refused in one sentence that says what to do', async () => {
  await using place = await temporaryHome()
  const { exitCode, stderr } = await installedClone(place.home, '22.1.0')
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/^parvis: Node 24 or newer is needed, this is 22\.1\.0, .*put Node 24 on your path/)
  expect(stderr.split('\n')).toHaveLength(1)
})
