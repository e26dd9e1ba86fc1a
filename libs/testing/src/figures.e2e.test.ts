import { readFile } from 'node:fs/promises'
import { startTestWall } from './test-wall.ts'

// The table of figures in docs/operating.md is what /metrics of the processes tells, no less and no more.

interface Figure {
  of: string
  /** With the names of its labels, as in `parvis_reads_total{source}`. */
  name: string
  /** What its labels may be. */
  values: string[]
}

async function documented(): Promise<Figure[]> {
  const text = await readFile(new URL('../../../docs/operating.md', import.meta.url), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `parvis_'))
  return rows.flatMap((row) => {
    const [names = '', of = '', what = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim())
    return quoted(names).map((name) => ({ of, name, values: quoted(what).sort() }))
  })
}

const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!)

async function told(of: string, url: string): Promise<Figure[]> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n')
  const names = lines.flatMap((line) => /^# TYPE (parvis_\S+)/.exec(line)?.[1] ?? [])
  return names.map((name) => {
    const series = lines.filter((line) => line.startsWith(name))
    const labels = series
      .flatMap((line) => [...line.matchAll(/(\w+)="([^"]*)"/g)])
      .map(([, label, value]) => ({ label, value: value! }))
    expect(labels).toContainEqual({ label: 'service', value: of })
    // `le` is the bound of a histogram's bucket.
    const own = labels.filter(({ label }) => label !== 'service' && label !== 'le')
    const names = [...new Set(own.map(({ label }) => label))].join()
    return { of, name: names ? `${name}{${names}}` : name, values: [...new Set(own.map(({ value }) => value))].sort() }
  })
}

test('every figure that the document names is told by the process it names, and no process tells another', async () => {
  await using resources = new AsyncDisposableStack()
  const { wall } = await startTestWall(resources)
  const processes = Object.entries({ gateway: wall.gateways, ...wall.services })
  const figures = await Promise.all(
    processes.flatMap(([service, all]) => all.slice(0, 1).map(({ url }) => told(service, url))),
  )
  const byName = (a: Figure, b: Figure) => a.name.localeCompare(b.name)
  const expected = await documented()
  expect(expected.length).toBeGreaterThan(10)
  expect(figures.flat().sort(byName)).toEqual(expected.sort(byName))
})
