import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { chartName, renderChart } from './chart.ts'
import { renderMarkdown } from './markdown.ts'
import type { Report } from './report.ts'

/** Writes the report to `path` (….md), its charts into a folder of the same name beside it, older charts removed. */
export function writeReport(report: Report, path: string): void {
  const name = basename(path, '.md')
  const folder = join(dirname(path), name)
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(folder)) if (/^b\d+-\d+\.svg$/.test(file)) rmSync(join(folder, file))
  for (const { id, figures } of report.suites) {
    for (const [index, figure] of figures.entries()) {
      if (figure.beside.length > 0) writeFileSync(join(folder, chartName(id, index)), renderChart(figure))
    }
  }
  writeFileSync(path, renderMarkdown(report, name))
}
