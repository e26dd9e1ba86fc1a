import { UUID_PATTERN } from '@parvis/contracts/post'
import { newId } from './new-id.ts'

describe('newId', () => {
  it('is a UUIDv7 that carries its time', () => {
    const now = 1_795_000_000_123
    const id = newId(now)
    expect(id).toMatch(new RegExp(UUID_PATTERN))
    expect(id[14]).toBe('7')
    expect('89ab').toContain(id[19])
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now)
  })

  it('is never the same twice in one millisecond', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newId(1))).size).toBe(1_000)
  })
})
