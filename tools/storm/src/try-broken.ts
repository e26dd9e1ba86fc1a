import { PlainError } from '@parvis/stack/servers'
import { allVariants } from './broken/all.ts'
import { summarise } from './check/check.ts'
import type { RoundResult } from './round.ts'
import { runStorm, type StormOptions } from './storm.ts'

/** A broken system does not come to rest: waiting long for it only costs time. */
const PATIENCE_MS = 22_000

export interface Caught {
  name: string
  title: string
  /** Whether a violation of the kind that the mistake must show was found. */
  caught: boolean
  by: string[]
  seconds: number
}

/**
 * Lets the storm rage over each of the broken variants: every one must be caught, and for what it is.
 * @param wanted a variant's name, or `all`
 */
export async function tryBroken(
  wanted: string,
  options: Pick<StormOptions, 'home' | 'seed' | 'log' | 'onSecond' | 'signal'>,
  onCaught: (caught: Caught) => void,
): Promise<Caught[]> {
  const variants = wanted === 'all' ? allVariants : allVariants.filter(({ name }) => name === wanted)
  if (variants.length === 0) throw new PlainError(`There is no variant ${wanted}: npm run storm -- --broken list`)
  const all: Caught[] = []
  for (const { name, title, rewrites, faults, shows, rate = 80, needs, prepare } of variants) {
    if (options.signal?.aborted) break
    const why = needs?.()
    if (why) {
      options.log(`NOT RUN: ${name}, ${why}`)
      continue
    }
    options.log(`broken on purpose: ${title}`)
    const results = await runStorm({
      ...options,
      rate,
      rewrites,
      patienceMs: PATIENCE_MS,
      rounds: [{ name: `broken-${name}`.slice(0, 40), faults }],
      ...(prepare && { prepare }),
    })
    const caught = judge(name, title, shows, results)
    all.push(caught)
    onCaught(caught)
  }
  return all
}

function judge(name: string, title: string, shows: string[], results: RoundResult[]): Caught {
  const violations = results.flatMap((result) => result.violations)
  const telling = violations.filter(({ code }) => shows.includes(code))
  const by = summarise(telling.length > 0 ? telling : violations).slice(0, 4)
  return {
    name,
    title,
    caught: telling.length > 0,
    by,
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}
