import { ratios } from '../figure.ts'
import type { PeerDescription } from '../peers/describe-peers.ts'
import type { Figure, Goal } from '../suite.ts'
import { chartName } from './chart.ts'
import { number, spread } from './number.ts'
import type { Report, SuiteReport } from './report.ts'

/**
 * The report as Markdown.
 * @param pictures the folder of the charts, as seen from the report; none are shown without it
 */
export function renderMarkdown(report: Report, pictures?: string): string {
  const { machine, others, suites, command } = report
  const shown = suites.filter(({ figures }) => figures.length > 0)
  return `${[
    '# Performance',
    'Written by the bench itself: change nothing here by hand. What the figures mean, the profiles and what was tried are in [performance-notes.md](performance-notes.md).',
    `\`${command}\`; ${minutes(suites)} of measuring.`,
    ['| | |', '| --- | --- |', ...Object.entries(machine).map(([name, value]) => `| ${name} | ${cell(value)} |`)].join(
      '\n',
    ),
    'Everything ran on this one machine: the servers, the wall, what loaded it, and what it is compared with, in turn. So the ratios count: they are of readings taken side by side, round by round. Each cell has the median and, in brackets, the lowest and the highest round.',
    table(suites),
    ...(others.length > 0 ? ['## What it is measured beside', peerTable(others)] : []),
    ...shown.map((suite) => renderSuite(suite, pictures)),
  ].join('\n\n')}\n`
}

function table(suites: readonly SuiteReport[]): string {
  return [
    '| | measure | Parvis | beside it | Parvis by it | goals |',
    '| --- | --- | --- | --- | --- | --- |',
    ...suites.flatMap(({ id, title, figures, failure }) =>
      failure === undefined
        ? figures.map((figure) => `| ${id} | ${row(figure)} |`)
        : [`| ${id} | ${cell(title)} | **not measured**: ${cell(failure)} | | | |`],
    ),
  ].join('\n')
}

function peerTable(others: readonly PeerDescription[]): string {
  return [
    '| system | versions | what it promises |',
    '| --- | --- | --- |',
    ...others.map(({ name, versions, promise }) => `| ${cell(name)} | ${cell(versions)} | ${cell(promise)} |`),
  ].join('\n')
}

function row(figure: Figure): string {
  const { what, unit, ours, beside, goals } = figure
  return [
    cell(what),
    `${spread(ours)} ${cell(unit)}`,
    beside.map(({ name, values }) => `${cell(name)}: ${spread(values)}`).join('<br>'),
    beside.map(({ name }) => `${spread(ratios(figure, name))} × ${cell(name)}`).join('<br>'),
    goals.map(verdict).join('<br>'),
  ].join(' | ')
}

function verdict({ says, value, met, reach }: Goal): string {
  return `${reach ? 'reach' : 'goal'} ${cell(says)}: ${met ? '**met**' : '**missed**'} (${number(value)})`
}

function renderSuite(
  { id, title, date, quick, notes, figures, seconds, stolenMs }: SuiteReport,
  pictures?: string,
): string {
  const stolen = `On ${date.slice(0, 10)}${quick ? ', quick (short rounds, small crowds)' : ''}; took ${Math.round(seconds)} s; the host took away ${number(stolenMs)} ms of processor time meanwhile.`
  const charts = pictures
    ? figures.flatMap((figure, index) =>
        figure.beside.length > 0 ? [`![${cell(figure.what)}](${pictures}/${chartName(id, index)})`] : [],
      )
    : []
  return [`## ${id}: ${title}`, ...charts, [...notes, stolen].map((note) => `- ${note}`).join('\n')].join('\n\n')
}

function minutes(suites: readonly SuiteReport[]): string {
  const seconds = suites.reduce((sum, one) => sum + one.seconds, 0)
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

/** Text inside a table: a bar would end the cell, a line end the row. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}
