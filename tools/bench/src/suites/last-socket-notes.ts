import { median } from '../figure.ts'
import { number } from '../report/number.ts'
import type { Measured } from '../suite.ts'

/** What else the suites with a steady rate of posts saw. */
export function lastSocketNotes(measured: Measured): string[] {
  const open = 'Open loop: posts go out on a schedule, and times are from when a post should have gone out.'
  return [
    open,
    ...measured.map(({ name, rounds }) => {
      if (rounds.every(({ deliveries }) => deliveries === undefined)) return `${name} could not be measured.`
      const of = (reading: string) => number(median(rounds.map((one) => one[reading] ?? Number.NaN)))
      return (
        `${name}: ${number(median(rounds.map(({ delivered = Number.NaN }) => delivered * 100)))} % delivered; a delivery p50 ${of('deliveryP50')} ms, ` +
        `p99 ${of('deliveryP99')} ms, ${of('cpuPerDelivery')} µs of CPU, ${of('framesPerDelivery')} frames; ` +
        `the readers took ${number(median(rounds.map(({ readersShare = Number.NaN }) => readersShare * 100)))} % of the machine's work.`
      )
    }),
  ]
}
