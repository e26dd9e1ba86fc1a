import type { Variant } from './broken/variant.ts'
import { summarise } from './check/check.ts'
import type { Recovery } from './check/facts.ts'
import type { Fault } from './faults/fault.ts'
import type { RoundResult } from './round.ts'
import type { Second } from './timeline.ts'
import type { Caught } from './try-broken.ts'

/** One line a second. */
export function renderSecond({ at, accepted, stored, seen, p50, p99, now }: Second): string {
  const time = `${Math.round(at / 1000)}`.padStart(4)
  return `${time} s  accepted ${accepted}  stored ${stored}  seen ${seen}  p50 ${p50} ms  p99 ${p99} ms  ${now}`
}

/** What a round has shown. */
export function renderResult({
  name,
  violations,
  recoveries,
  skipped,
  counts,
  memory,
  notes,
  seconds,
}: RoundResult): string {
  const { sent, accepted, stored, refused, parked, recovered, shown, told } = counts
  const highest = memory.reduce((a, b) => (b.peakMiB > a.peakMiB ? b : a), { name: '-', peakMiB: 0, limitMiB: 0 })
  return [
    '',
    `round ${name}, ${seconds} s`,
    `  ${sent} sent, ${accepted} accepted; ${stored} stored (${recovered} of them without an answer), ${refused} refused, ${parked} parked`,
    `  ${shown} entries shown to readers, who were told ${told} times that a piece is too old; memory at most ${highest.peakMiB} MiB (${highest.name})`,
    ...recoveries.flatMap(renderRecovery),
    ...notes.map((line) => `  ${line}`),
    ...skipped.map(({ fault, why }) => `  ${fault}: NOT RUN, ${why}`),
    ...summarise(violations).map((line) => `  FAILED ${line}`),
    violations.length === 0
      ? '  held: nothing lost, nothing twice, nothing out of order'
      : `  BROKEN: ${violations.length} violations`,
  ].join('\n')
}

function renderRecovery({ fault, ms, during, caughtUpMs }: Recovery): string[] {
  const flow = `  ${fault}: posts flow again after ${ms === undefined ? 'more than 60 s' : `${ms / 1000} s`}`
  if (!during || caughtUpMs === undefined) return [flow]
  const { accepted, notDurable, later, lost } = during
  return [
    `${flow}, all that was accepted before is on the wall after ${caughtUpMs / 1000} s`,
    `    in the ${during.ms / 1000} s before that: ${accepted} accepted and durable, ${notDurable} held by a gateway's memory, ${later} times told to come again (503), ${lost} times no answer`,
  ]
}

/** What faults there are. */
export function renderFaults(faults: readonly Fault[]): string {
  return faults
    .map(({ number, name, title }) => `${String(number).padStart(3)}  ${name.padEnd(24)} ${title}`)
    .join('\n')
}

/** What broken variants there are. */
export function renderVariants(variants: readonly Variant[]): string {
  return variants.map(({ name, title }) => `  ${name.padEnd(24)} ${title}`).join('\n')
}

/** Whether a broken variant was caught. */
export function renderCaught({ name, caught, by, seconds }: Caught): string {
  return [`\n${caught ? 'CAUGHT' : 'NOT CAUGHT'} ${name}, ${seconds} s`, ...by.map((line) => `  ${line}`)].join('\n')
}
