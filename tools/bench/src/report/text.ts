import { ratios } from '../figure.ts'
import { number, spread } from './number.ts'
import type { SuiteReport } from './report.ts'

/** A suite's outcome for the terminal. */
export function renderText({ id, title, figures, notes, failure }: SuiteReport): string {
  if (failure !== undefined) return `\n${id} ${title}\n  not measured: ${failure}\n`
  const lines = figures.flatMap((figure) => [
    `  ${figure.what}: ${spread(figure.ours)} ${figure.unit}`,
    ...figure.beside.map(
      ({ name, values }) => `    ${name}: ${spread(values)}; Parvis is ${spread(ratios(figure, name))} × that`,
    ),
    ...figure.goals.map(
      ({ says, value, met, reach }) =>
        `    ${reach ? 'reach' : 'goal'} ${says}: ${met ? 'met' : 'missed'} (${number(value)})`,
    ),
  ])
  return `\n${id} ${title}\n${[...lines, ...notes.map((note) => `  ${note}`)].join('\n')}\n`
}
