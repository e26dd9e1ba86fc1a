// Loaded by `node --import` into the services of a storm, and into nothing else: replaces texts of their sources as
// they are loaded, and kills the process at points that the storm arms. Ends the process when a text is not there: a
// broken variant that is not broken would prove nothing.
import { existsSync, unlinkSync, writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { POISON, REWRITTEN, type Rewrite } from './rewrite.ts'

const { PARVIS_STORM_REWRITES = '[]', PARVIS_STORM_POINTS = '', PARVIS_STORM_ROOT = '/' } = process.env
const service = /apps[/\\]([^/\\]+)[/\\]src[/\\]main\.ts$/.exec(process.argv[1] ?? '')?.[1]
const rewrites = (JSON.parse(PARVIS_STORM_REWRITES) as Rewrite[]).filter(
  (rewrite) => rewrite.service === undefined || rewrite.service === service,
)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.startsWith('file:') || !loaded.source) return loaded
    const file = relative(PARVIS_STORM_ROOT, fileURLToPath(url)).split(sep).join('/')
    const wanted = rewrites.filter((rewrite) => rewrite.file === file)
    if (wanted.length === 0) return loaded
    let source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    for (const { find, replace } of wanted) {
      if (source.split(find).length !== 2) fail(`${file} does not have exactly once: ${find}`)
      source = source.replace(find, () => replace)
      if (isMainThread) writeSync(1, `${JSON.stringify({ level: 30, msg: REWRITTEN, file, service })}\n`)
    }
    return { ...loaded, source }
  },
})

/** Rewritten sources call it: the process dies here, once, when the storm has armed the point. */
function stormPoint(name: string): void {
  const armed = join(PARVIS_STORM_POINTS, `${service}.${name}`)
  if (!existsSync(armed)) return
  try {
    unlinkSync(armed)
  } catch {
    // Another process of this service was faster; one death was wanted.
    return
  }
  process.kill(process.pid, 'SIGKILL')
}

/** Rewritten sources ask it: is the point armed? It stays so until the storm disarms it. */
const stormArmed = (name: string): boolean => existsSync(join(PARVIS_STORM_POINTS, `${service}.${name}`))

/** A text that kills whoever looks at it: a thread loops for ever or ends; the main thread, which must not, throws. */
function stormPoison(text: string): void {
  if (!text.includes(POISON)) return
  if (isMainThread) throw new Error('this text cannot be looked at')
  if (text.includes('crash')) process.exit(9)
  for (;;);
}
Object.assign(globalThis, { stormPoint, stormArmed, stormPoison })

function fail(why: string): never {
  writeSync(2, `${JSON.stringify({ level: 60, msg: `the storm cannot rewrite: ${why}` })}\n`)
  process.exit(70)
}
