import { renderLog } from './render-log.ts'

const time = new Date(2026, 10, 21, 9, 5, 7, 42).getTime()

test('a line of JSON becomes time, service, message and fields', () => {
  const line = JSON.stringify({ level: 30, time, pid: 7, service: 'gateway', msg: 'ready', url: 'http://127.0.0.1:1' })
  expect(renderLog('gateway', line)).toBe('09:05:07.042 gateway        ready url=http://127.0.0.1:1')
})

test('a fault shows its level and its message, not its stack', () => {
  const line = JSON.stringify({ level: 50, time, msg: 'not stored', err: { message: 'gone', stack: 'at x' }, posts: 3 })
  expect(renderLog('db-writer.2', line)).toBe('09:05:07.042 db-writer.2    ERROR not stored posts=3 err=gone')
})

test('a long field is cut', () => {
  const line = JSON.stringify({ level: 30, time, msg: 'm', list: 'x'.repeat(1000) })
  expect(renderLog('gateway', line)).toHaveLength('09:05:07.042 gateway        m list='.length + 201)
})

test.each(['plain words', '{"broken":', '{"other":"json"}', '[1]', ''])('%j is shown as it is', (line) => {
  expect(renderLog('gateway', line)).toBe(`             gateway        ${line}`)
})
