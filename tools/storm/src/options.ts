import { parseOptions } from '@parvis/stack/parse-options'
import { PlainError } from '@parvis/stack/servers'
import { allFaults, faultsToMix, tellingFaults } from './faults/all.ts'
import type { Fault } from './faults/fault.ts'
import type { StormOptions } from './storm.ts'

export const STORM_HELP = `Breaks everything that can break, on servers and a wall of its own, and proves that no post is lost, doubled or reordered.

  npm run storm [-- OPTIONS]

  (nothing)          the most telling faults, two to three minutes
  --fault 7          one fault, by its number (all that have it) or its name
  --faults 1,7,13    several, each in a round of its own
  --all              every fault alone, then mixes of all of them, two at a time now and then
  --hold N           how many seconds each fault lasts before it is healed (each has its own time)
  --minutes N        how long faults are mixed (10 with --all, else once through)
  --calm             no fault: what the weather is like otherwise
  --list             what faults there are
  --seed N           chooses as the run with that seed did (random)
  --rate N           posts a second, 1 to 20000 (80)
  --recovery N       within how many seconds posts must flow again after a fault (20); at a high rate, what piled up
                     during the fault goes first
  --report FILE      writes a picture of the run, one HTML file
  --broken NAME      a variant that is broken on purpose, which the storm must catch; \`list\` names them, \`all\` tries each
  --help             this text

In the environment:
  PARVIS_STACK       docker or local: where the storm's own servers come from
  CROWD              how many sockets are on a gateway that is killed (2000; 300 where other faults follow)`

export interface Options extends Pick<StormOptions, 'seed' | 'rate' | 'rounds' | 'holdMs' | 'recoveryMs'> {
  report: string | undefined
  broken: string | undefined
}

const MOST_RATE = 20_000
const MOST_MINUTES = 24 * 60
const MIX_MINUTES = 10
/** A gateway's store may be asked to bridge so much, and a test of it should end some day. */
const MOST_HOLD = 3_600

/** Reads the arguments. `help` and `list` mean that a text was asked for. Throws a PlainError on any other word. */
export function readOptions(args: string[]): Options | 'help' | 'list' {
  const values = parse(args)
  if (values.help) return 'help'
  if (values.list) return 'list'
  const number = (
    name: 'seed' | 'rate' | 'minutes' | 'hold' | 'recovery',
    low: number,
    high: number,
  ): number | undefined => {
    const value = values[name]
    if (value === undefined) return undefined
    if (!/^\d{1,10}$/.test(value) || Number(value) < low || Number(value) > high) {
      throw new PlainError(`--${name} must be a number from ${low} to ${high}, not ${JSON.stringify(value)}.`)
    }
    return Number(value)
  }
  const hold = number('hold', 1, MOST_HOLD)
  const recovery = number('recovery', 1, MOST_HOLD)
  return {
    seed: number('seed', 0, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32),
    rate: number('rate', 1, MOST_RATE) ?? 80,
    report: values.report,
    broken: values.broken,
    ...(hold && { holdMs: hold * 1000 }),
    ...(recovery && { recoveryMs: recovery * 1000 }),
    rounds: roundsOf(values, number('minutes', 1, MOST_MINUTES)),
  }
}

type Values = ReturnType<typeof parse>

function roundsOf({ fault, faults, all, calm }: Values, minutes: number | undefined): Options['rounds'] {
  const mix = (some: readonly Fault[], lasting: number) => ({
    name: 'mix',
    faults: some,
    overlap: true,
    untilMs: lasting * 60_000,
  })
  const alone = (some: readonly Fault[]) => some.map((each) => ({ name: each.name, faults: [each] }))
  if (calm) return [{ name: 'calm', faults: [], ...(minutes && { untilMs: minutes * 60_000 }) }]
  if (all) return [...alone(allFaults), mix(faultsToMix, minutes ?? MIX_MINUTES)]
  const words = [...(fault ? [fault] : []), ...(faults?.split(',') ?? [])]
  const chosen = words.flatMap(faultsCalled)
  if (minutes) return [mix(chosen.length > 0 ? chosen : tellingFaults, minutes)]
  return chosen.length > 0 ? alone(chosen) : [{ name: 'telling', faults: tellingFaults }]
}

function faultsCalled(word: string): readonly Fault[] {
  const found = allFaults.filter(({ number, name }) => String(number) === word.trim() || name === word.trim())
  if (found.length === 0) throw new PlainError(`There is no fault ${JSON.stringify(word)}: npm run storm -- --list`)
  return found
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  return parseOptions('npm run storm --', {
    args,
    options: {
      fault: text,
      faults: text,
      all: flag,
      minutes: text,
      hold: text,
      recovery: text,
      calm: flag,
      list: flag,
      seed: text,
      rate: text,
      report: text,
      broken: text,
      help: { ...flag, short: 'h' },
    },
  }).values
}
