import { median } from '../figure.ts'
import type { Figure } from '../suite.ts'
import { number } from './number.ts'

const WIDTH = 720
const NAMES = 210
const BARS = 380
const ROW = 34
const TOP = 44
const COLOURS = { ours: '#c2410c', floor: '#64748b', peer: '#a8b3c4' }

/** The file of a suite's figure. */
export function chartName(id: string, index: number): string {
  return `${id.toLowerCase()}-${index + 1}.svg`
}

/** A bar for each contender's median, with a whisker from its lowest round to its highest; an SVG of its own. */
export function renderChart(figure: Figure): string {
  const bars = [{ name: 'Parvis', kind: 'ours' as const, values: figure.ours }, ...figure.beside].map((one) => ({
    ...one,
    values: one.values.filter((value) => Number.isFinite(value)),
  }))
  const largest = Math.max(...bars.flatMap(({ values }) => values), Number.MIN_VALUE)
  const height = TOP + bars.length * ROW + 12
  const title = `${figure.what}, ${figure.unit}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="14">`,
    // A page may be dark; the picture brings its own paper.
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="26" font-weight="600" fill="#0f172a">${escaped(title)}</text>`,
    ...bars.map((bar, index) => renderBar(bar, TOP + index * ROW, largest)),
    '</svg>\n',
  ].join('\n')
}

function renderBar(
  { name, kind, values }: { name: string; kind: keyof typeof COLOURS; values: number[] },
  top: number,
  largest: number,
): string {
  const at = (value: number) => NAMES + (Math.max(0, value) / largest) * BARS
  const round = (value: number) => Number(value.toFixed(1))
  const label = `<text x="${NAMES - 10}" y="${top + 19}" text-anchor="end" fill="#0f172a">${escaped(name)}</text>`
  if (values.length === 0) return `${label}\n<text x="${NAMES}" y="${top + 19}" fill="#475569">no figure</text>`
  const middle = median(values)
  const [low, high] = [at(Math.min(...values)), at(Math.max(...values))]
  return [
    label,
    `<rect x="${NAMES}" y="${top + 4}" width="${round(Math.max(1, at(middle) - NAMES))}" height="20" rx="3" fill="${COLOURS[kind]}"/>`,
    `<path d="M${round(low)} ${top + 14}H${round(high)}M${round(low)} ${top + 9}v10M${round(high)} ${top + 9}v10" stroke="#0f172a" fill="none"/>`,
    `<text x="${round(Math.max(high, at(middle)) + 8)}" y="${top + 19}" fill="#0f172a">${escaped(number(middle))}</text>`,
  ].join('\n')
}

function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replaceAll(/[&<>"']/g, (character) => names[character] as string)
}
