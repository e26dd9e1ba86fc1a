import { parseOptions } from '@parvis/stack/parse-options'
import { PlainError } from '@parvis/stack/servers'
import type { Suite } from './suite.ts'

export const BENCH_HELP = `Measures Parvis beside what the machine allows and beside other systems, on servers of its own.

  npm run bench [-- OPTIONS]

  (nothing)          every suite in full, and writes docs/performance.md; about an hour, on an idle machine
  --quick            shorter rounds and smaller crowds: every suite in under ten minutes
  --suite B1,B5      these alone
  --peers            other systems too (tools/bench/peers, installed on first use)
  --check-peers      no measuring: starts each of them and sees that it delivers
  --out FILE         writes the report there, its pictures into a folder of the same name beside it
  --json FILE        writes every reading of every round
  --with FILE        readings of an earlier run here (its --json), for the suites that this run does not measure;
                     may repeat; --suite none measures nothing
  --list             what suites there are
  --help             this text

In the environment:
  PARVIS_STACK       docker or local: where the bench's own servers come from`

export interface Options {
  quick: boolean
  suites: readonly Suite[]
  peers: boolean
  /** Only to see that the peers work. */
  checkPeers: boolean
  /** Where the report goes, as Markdown; undefined writes none. */
  out: string | undefined
  json: string | undefined
  /** Earlier runs' readings. */
  with: readonly string[]
}

const DEFAULT_OUT = 'docs/performance.md'

/** Reads the arguments. `help` and `list` mean that a text was asked for. Throws a PlainError on any other word. */
export function readOptions(args: string[], all: readonly Suite[]): Options | 'help' | 'list' {
  const values = parse(args)
  if (values.help) return 'help'
  if (values.list) return 'list'
  const { quick, peers, json } = values
  const checkPeers = values['check-peers']
  const whole = !quick && !checkPeers && values.suite === undefined
  if (values.out !== undefined && !values.out.endsWith('.md')) {
    throw new PlainError(`--out must name a Markdown file (.md), not ${JSON.stringify(values.out)}.`)
  }
  return {
    quick,
    peers,
    checkPeers,
    json,
    with: values.with,
    suites: values.suite === undefined ? all : suitesCalled(values.suite, all),
    out: values.out ?? (whole ? DEFAULT_OUT : undefined),
  }
}

/** Those that a list of ids names, in the order of the table. */
function suitesCalled(list: string, all: readonly Suite[]): readonly Suite[] {
  if (list === 'none') return []
  const ids = list.split(',').map((word) => word.trim().toUpperCase())
  for (const id of ids) {
    if (!all.some((suite) => suite.id === id)) {
      throw new PlainError(`There is no suite ${JSON.stringify(id)}: npm run bench -- --list`)
    }
  }
  return all.filter(({ id }) => ids.includes(id))
}

/** The suites, a line each, and how long all of them take. */
export function renderSuites(all: readonly Suite[]): string {
  const took = (quick: number, full: number) => `(${time(quick)} quick, ${time(full)} in full)`
  const lines = all.map(({ id, title, seconds }) => `${id.padEnd(4)} ${title} ${took(seconds.quick, seconds.full)}`)
  const sum = (of: 'quick' | 'full') => all.reduce((total, { seconds }) => total + seconds[of], 0)
  return [...lines, `all without --peers ${took(sum('quick'), sum('full'))}`].join('\n')
}

function time(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  return parseOptions('npm run bench --', {
    args,
    options: {
      quick: flag,
      suite: text,
      peers: flag,
      'check-peers': flag,
      out: text,
      json: text,
      with: { ...text, multiple: true, default: [] },
      list: flag,
      help: { ...flag, short: 'h' },
    },
  }).values
}
