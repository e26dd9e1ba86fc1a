import type { RoundResult } from '../round.ts'
import { renderHtml } from './html.ts'

const result: RoundResult = {
  name: 'a <round>',
  violations: [{ code: 'lost', message: 'x & y' }],
  notes: [],
  recoveries: [{ fault: '1-broker-killed', ms: 3_420 }],
  skipped: [{ fault: '14-stores-down', why: 'there is none' }],
  counts: { sent: 3, accepted: 3, stored: 2, refused: 0, parked: 0, recovered: 0, shown: 2, told: 0 },
  memory: [{ name: 'gateway.1', peakMiB: 180, limitMiB: 640 }],
  timeline: {
    seconds: [{ at: 1_000, accepted: 3, stored: 2, seen: 2, p50: 20, p99: 90, now: 'calm' }],
    faults: [{ name: '1-broker-killed', from: 100, healed: 400, flowing: undefined }],
  },
  seconds: 12,
}

test('the report is one page that needs nothing from elsewhere, with the faults, the recoveries and the verdict', () => {
  const page = renderHtml([result], { seed: 7, rate: 80 })
  expect(page).not.toMatch(/<script|src=|href=|url\(/)
  expect(page).toContain('a &lt;round&gt;')
  expect(page).toContain('lost: x &amp; y')
  expect(page).toContain('3.4 s')
  expect(page).toContain('not run: there is none')
  expect(page).toContain('<svg')
  expect(page).toContain('Broken: 1 violations.')
})
