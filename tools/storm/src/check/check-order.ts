import type { Sent } from '../load/journal.ts'
import type { StoredFact, Violation } from './facts.ts'

/**
 * What one session sends on one socket keeps its order. A post that had to be sent again may stand where any of its
 * sendings came, so only this is certain: if a post was last sent, on the line on which it was accepted, before
 * another was first sent on that same line, it comes first.
 */
export function checkOrder(sent: readonly Sent[], rows: ReadonlyMap<string, StoredFact>): Violation[] {
  const violations: Violation[] = []
  const placed = sent.filter(({ accepted, clientId }) => accepted && rows.has(clientId))
  const lanes = new Map<string, { tick: number; ends: boolean; post: Sent; seq: number }[]>()
  const add = (line: string, post: Sent, tick: number, ends: boolean) => {
    const key = `${line} ${post.channel}`
    const lane = lanes.get(key) ?? []
    lanes.set(key, lane)
    lane.push({ tick, ends, post, seq: rows.get(post.clientId)!.seq })
  }
  for (const post of placed) {
    add(post.firstLine, post, post.firstTick, false)
    if (post.accepted?.line === post.lastLine) add(post.lastLine, post, post.lastTick, true)
  }
  for (const [key, lane] of lanes) {
    // A post's own end comes after its beginning, also when both are one sending.
    lane.sort((a, b) => a.tick - b.tick || Number(a.ends) - Number(b.ends))
    let highest: { seq: number; post: Sent } | undefined
    for (const { ends, post, seq } of lane) {
      if (ends) {
        if (!highest || seq > highest.seq) highest = { seq, post }
      } else if (highest && seq < highest.seq) {
        violations.push({
          code: 'order',
          message: `on ${key}: ${highest.post.clientId} was sent before ${post.clientId}, but has ${highest.seq}, after ${seq}`,
        })
      }
    }
  }
  return violations
}
