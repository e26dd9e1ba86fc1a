import type { Sent } from '../load/journal.ts'
import { checkOrder } from './check-order.ts'
import { checkReader } from './check-reader.ts'
import type { Facts, StoredFact, Violation } from './facts.ts'

/** After a fault has cleared, posts must be on the wall again within this time, unless it is said otherwise. */
const RECOVERY_MS = 20_000
/** Of each kind so many are told; the rest are counted. */
const MOST_TOLD = 5

/** What a system that loses, doubles or reorders could not hide: a pure function of what was done and what was found. */
export function check(facts: Facts, recoveryMs = RECOVERY_MS): Violation[] {
  const violations: Violation[] = [...facts.faults]
  const say = (code: string, message: string) => violations.push({ code, message })
  const sent = [...facts.sent]
  const byClientId = new Map(sent.map((post) => [post.clientId, post]))
  const parkedBodies = facts.parked.map(({ body }) => body)

  const rows = new Map<string, StoredFact & { channel: string }>()
  for (const [channel, stored] of facts.stored) {
    for (const [n, row] of stored.entries()) {
      if (row.seq !== n + 1) {
        say('sequence', `${channel}: ${row.seq} stands where ${n + 1} should`)
        break
      }
    }
    const last = facts.lastSeq.get(channel) ?? 0
    if (last !== stored.length) say('last-seq', `${channel}: last_seq is ${last}, there are ${stored.length} entries`)
    for (const row of stored) {
      const twin = rows.get(row.clientId)
      if (twin) say('stored-twice', `${row.clientId}: ${twin.channel} ${twin.seq} and ${channel} ${row.seq}`)
      rows.set(row.clientId, { ...row, channel })
      const post = byClientId.get(row.clientId)
      if (!post) say('never-sent', `${channel} ${row.seq} (${row.clientId}) was sent by nobody`)
      else if (post.text !== row.text || post.author !== row.author || post.channel !== channel) {
        say('not-as-sent', `${channel} ${row.seq} (${row.clientId}) is not what was sent`)
      }
    }
  }

  for (const post of sent) checkFate(post)
  function checkFate(post: Sent): void {
    if (post.turnedAway) say('turned-away', `${post.clientId} was refused at the door: ${post.turnedAway}`)
    if (!post.accepted) return
    const { postId, gateway } = post.accepted
    const row = rows.get(post.clientId)
    const refusal = facts.refusals.get(postId)
    const parked = parkedBodies.some((body) => body.includes(postId))
    if (row && row.id !== postId) say('other-id', `${post.clientId} was accepted as ${postId}, stored as ${row.id}`)
    if (row && refusal) say('stored-and-refused', `${post.clientId} is on the wall and refused (${refusal.code})`)
    if (!row && !refusal && !parked)
      say('lost', `${post.clientId}, accepted by ${gateway} for ${post.channel}, is nowhere`)
    else if (post.fate === 'stored' && !row) {
      say('not-stored', `${post.clientId} is ${refusal ? refusal.code : 'parked'}, but nothing was wrong with it`)
    } else if (post.fate !== 'stored' && row)
      say('not-refused', `${post.clientId} is on the wall, but was not fit for it`)
    if (post.fate === 'parked' && !parked) say('not-parked', `${post.clientId} should have been parked`)
  }

  violations.push(...checkOrder(sent, rows))
  for (const reader of facts.readers) violations.push(...checkReader(reader, facts.stored))

  for (const [channel, window] of facts.windows) {
    const stored = facts.stored.get(channel) ?? []
    const tail = stored.slice(stored.length - window.digests.length).map(({ digest }) => digest)
    if (window.last !== stored.length || tail.join() !== window.digests.join()) {
      say(
        'window',
        `${channel}: Redis holds ${window.first} to ${window.last}, MySQL ends at ${stored.length}, or they differ`,
      )
    }
  }
  for (const { gateway, channel, digests } of facts.pages) {
    const stored = (facts.stored.get(channel) ?? []).map(({ digest }) => digest)
    if (stored.join() !== digests.join()) {
      say(
        'page',
        `${gateway}: GET /posts gives ${digests.length} entries of ${channel}, MySQL has ${stored.length}, or they differ`,
      )
    }
  }

  for (const { name, messages } of facts.queues) if (messages > 0) say('queue', `${name} still holds ${messages}`)
  for (const { body, reason, queue } of facts.parked) {
    const wanted =
      facts.poison.has(body) || sent.some(({ fate, clientId }) => fate !== 'stored' && body.includes(clientId))
    if (!wanted) say('parked', `parked from ${queue} (${reason}), but nothing was wrong with it: ${body.slice(0, 120)}`)
  }
  for (const body of facts.poison) {
    if (!parkedBodies.includes(body)) say('not-parked', `poison is not parked: ${body.slice(0, 120)}`)
  }
  for (const { name, peakMiB, limitMiB } of facts.memory) {
    if (peakMiB > limitMiB) say('memory', `${name} grew to ${peakMiB} MiB, ${limitMiB} is the bound`)
  }
  for (const { fault, ms } of facts.recoveries) {
    if (ms !== undefined && ms <= recoveryMs) continue
    say('recovery', `after ${fault} posts did not flow again within ${recoveryMs / 1000} s`)
  }
  for (const { what, ok, detail } of facts.expectations) if (!ok) say('expectation', `${what}: ${detail}`)
  return violations
}

/** The violations for people: some of each kind, and how many there are. */
export function summarise(violations: readonly Violation[]): string[] {
  const kinds = Map.groupBy(violations, ({ code }) => code)
  return [...kinds].flatMap(([code, some]) => [
    ...some.slice(0, MOST_TOLD).map(({ message }) => `${code}: ${message}`),
    ...(some.length > MOST_TOLD ? [`${code}: … ${some.length} in all`] : []),
  ])
}
