import type { Timeline } from '../timeline.ts'
import { htmlText } from './html-text.ts'

const [WIDTH, HEIGHT] = [1_000, 290]
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 46, 62, 24]
const [INNER_W, INNER_H] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM]

/** Accepted and seen a second (lines), latency (dots, on the right, logarithmic), faults and recoveries (bands). */
export function drawTimeline({ seconds, faults }: Timeline): string {
  const end = Math.max(1_000, seconds.at(-1)?.at ?? 0, ...faults.map(({ healed }) => healed))
  const rates = (what: 'accepted' | 'seen') =>
    seconds.map((second, n) => ({ at: second.at, value: Math.max(0, second[what] - (seconds[n - 1]?.[what] ?? 0)) }))
  const [accepted, seen] = [rates('accepted'), rates('seen')]
  const most = Math.max(10, ...accepted.map(({ value }) => value), ...seen.map(({ value }) => value))
  const x = (at: number) => LEFT + (at / end) * INNER_W
  const y = (value: number) => TOP + INNER_H - (value / most) * INNER_H
  // From 1 ms at the bottom to 100 s at the top.
  const yOf = (ms: number) => TOP + INNER_H - (Math.log10(Math.max(1, ms)) / 5) * INNER_H
  const line = (points: { at: number; value: number }[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}"/>`
  const band = (from: number, to: number, colour: string) =>
    `<rect x="${x(from).toFixed(1)}" y="${TOP}" width="${Math.max(1.5, x(to) - x(from)).toFixed(1)}" height="${INNER_H}" fill="${colour}" fill-opacity=".22"/>`
  const text = (at: number, height: number, words: string, more = '') =>
    `<text x="${at.toFixed(1)}" y="${height.toFixed(1)}" ${more}>${htmlText(words)}</text>`
  const marks = [0, 0.25, 0.5, 0.75, 1]
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="posts a second, latency, faults and recoveries over time">
${faults
  .map(
    ({ name, from, healed, flowing }, n) =>
      band(from, healed, '#d33') +
      band(healed, flowing ?? end, '#e9a400') +
      `<g><title>${htmlText(name)}</title>${text(x(from), TOP - 6 - (n % 4) * 13, name)}</g>`,
  )
  .join('\n')}
<path d="M${LEFT} ${TOP}V${TOP + INNER_H}H${LEFT + INNER_W}V${TOP}" fill="none" stroke="#889"/>
${marks.map((part) => text(x(part * end), HEIGHT - 8, `${Math.round((part * end) / 1000)} s`, 'text-anchor="middle"')).join('')}
${[0, 0.5, 1].map((part) => text(LEFT - 6, y(part * most) + 4, `${Math.round(part * most)}/s`, 'text-anchor="end"')).join('')}
${[1, 100, 10_000].map((ms) => text(LEFT + INNER_W + 6, yOf(ms) + 4, ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`)).join('')}
${seconds.map(({ at, p50, p99 }) => (p99 > 0 ? `<circle cx="${x(at).toFixed(1)}" cy="${yOf(p50).toFixed(1)}" r="1.6" fill="#7a5"/><circle cx="${x(at).toFixed(1)}" cy="${yOf(p99).toFixed(1)}" r="1.6" fill="#a5a"/>` : '')).join('')}
${line(accepted, '#26c')}
${line(seen, '#2a7')}
${text(LEFT + 6, HEIGHT - 30, 'blue: accepted; green: seen; dots: latency p50 and p99; red: fault; amber: until posts flow again')}
</svg>`
}
