import { summarise } from '../check/check.ts'
import type { RoundResult } from '../round.ts'
import { drawTimeline } from './draw-timeline.ts'
import { htmlText } from './html-text.ts'

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #223; background: #fff }
h1, h2 { font-weight: 600 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .25rem .8rem; border-bottom: 1px solid #ccd; text-align: left }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.held { color: #1a6b35 } .broken { color: #a11 } svg { width: 100%; height: auto; display: block }
svg text { font: 11px system-ui, sans-serif; fill: #445 }
@media (prefers-color-scheme: dark) { body { background: #15171c; color: #dde } svg text { fill: #aab } td, th { border-color: #334 } .held { color: #6c9 } .broken { color: #f88 } }`

/** The whole run as one page that needs nothing from elsewhere. */
export function renderHtml(results: readonly RoundResult[], { seed, rate }: { seed: number; rate: number }): string {
  const broken = results.reduce((sum, { violations }) => sum + violations.length, 0)
  const accepted = results.reduce((sum, { counts }) => sum + counts.accepted, 0)
  const verdict = broken === 0 ? 'held' : 'broken'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Parvis storm</title>
<style>${STYLE}</style></head><body>
<h1>Parvis storm</h1>
<p class="${verdict}">${broken === 0 ? 'Held: nothing lost, nothing twice, nothing out of order.' : `Broken: ${broken} violations.`}</p>
<p>${accepted} posts accepted in ${results.length} rounds at ${rate} a second, seed ${seed}.</p>
${table(
  ['fault', 'posts flow again after'],
  results.flatMap(({ recoveries, skipped }) => [
    ...recoveries.map(({ fault, ms }) => [fault, ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`]),
    ...skipped.map(({ fault, why }) => [fault, `not run: ${why}`]),
  ]),
)}
${results.map(renderRound).join('\n')}
</body></html>
`
}

function renderRound({ name, counts, violations, timeline, memory, seconds }: RoundResult): string {
  const { sent, accepted, stored, refused, parked, recovered, shown, told } = counts
  const wrong = summarise(violations).map((line) => `<li>${htmlText(line)}</li>`)
  return `<h2>${htmlText(name)}</h2>
${drawTimeline(timeline)}
${table(
  ['s', 'sent', 'accepted', 'stored', 'without an answer', 'refused', 'parked', 'shown', 'told too old', 'most memory'],
  [[seconds, sent, accepted, stored, recovered, refused, parked, shown, told, mostMemory(memory)].map(String)],
)}
${wrong.length > 0 ? `<ul class="broken">${wrong.join('')}</ul>` : '<p class="held">held</p>'}`
}

function mostMemory(memory: RoundResult['memory']): string {
  const most = memory.toSorted((a, b) => b.peakMiB - a.peakMiB)[0]
  return most ? `${most.peakMiB} MiB (${most.name})` : '-'
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) =>
    row.map((text) => `<td${/^[\d.]+( s)?$/.test(text) ? ' class="n"' : ''}>${htmlText(text)}</td>`).join('')
  return `<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</table>`
}
