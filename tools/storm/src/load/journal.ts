import type { Entry } from '@parvis/contracts/post'

/** One post, from its first sending on. */
export interface Sent {
  clientId: string
  channel: string
  author: string
  text: string
  /** What shall become of it: on the wall, refused by review, or set aside. */
  fate: 'stored' | 'refused' | 'parked'
  /** When it was first and last sent: numbers that grow with every sending of this storm. */
  firstTick: number
  lastTick: number
  /** The socket, or the session at one gateway's process, on which it was first and last sent. */
  firstLine: string
  lastLine: string
  accepted?: { postId: string; line: string; gateway: string; at: number }
  /** It was told that a gateway's memory alone holds it: it may be lost with that process. */
  notDurable?: true
  /** Refused at the door (4xx or `problem`), never accepted. */
  turnedAway?: string
  seenAt?: number
}

/** Everything that the writers did and the readers saw, and what a person wants to know of it second by second. */
export interface Journal {
  sent: Map<string, Sent>
  faults: { code: string; message: string }[]
  onSending(post: Pick<Sent, 'clientId' | 'channel' | 'author' | 'text' | 'fate'>, line: string): void
  onAccepted(clientId: string, answer: { postId: string; line: string; gateway: string }): void
  onNotDurable(clientId: string): void
  onTurnedAway(clientId: string, code: string): void
  /** A try was told to come again (`later`), or got no answer at all (`lost`). */
  onUnanswered(how: 'later' | 'lost'): void
  /** A reader was shown an entry. */
  onSeen(entry: Entry): void
  fault(code: string, message: string): void
  counts(): { accepted: number; stored: number; seen: number; later: number; lost: number; notDurable: number }
  /** Latencies (ms from first sending to first sight) since the last call. */
  takeLatencies(): number[]
  /** Resolves with the milliseconds until every channel has shown a post that was accepted after this call. */
  untilFlowing(channels: readonly string[], limitMs: number): Promise<number | undefined>
}

export function createJournal(): Journal {
  const sent = new Map<string, Sent>()
  const faults: Journal['faults'] = []
  const watchers = new Set<(post: Sent, now: number) => void>()
  let latencies: number[] = []
  let [tick, accepted, seen, later, lost, notDurable] = [0, 0, 0, 0, 0, 0]

  return {
    sent,
    faults,
    onSending(post, line) {
      tick++
      const known = sent.get(post.clientId)
      if (known) {
        known.lastTick = tick
        known.lastLine = line
      } else sent.set(post.clientId, { ...post, firstTick: tick, lastTick: tick, firstLine: line, lastLine: line })
    },
    onAccepted(clientId, { postId, line, gateway }) {
      const post = sent.get(clientId)
      if (!post)
        return void faults.push({ code: 'answer-unasked', message: `${gateway} accepted ${clientId}, never sent` })
      if (post.accepted && post.accepted.postId !== postId) {
        faults.push({ code: 'answer-differs', message: `${clientId}: ${post.accepted.postId}, then ${postId}` })
      }
      if (!post.accepted) accepted++
      post.accepted ??= { postId, line, gateway, at: Date.now() }
    },
    onNotDurable(clientId) {
      const post = sent.get(clientId)
      if (!post) return
      if (!post.notDurable) notDurable++
      post.notDurable = true
    },
    onTurnedAway(clientId, code) {
      const post = sent.get(clientId)
      if (post) post.turnedAway = code
    },
    onUnanswered(how) {
      if (how === 'later') later++
      else lost++
    },
    onSeen({ post: { clientId } }) {
      const post = sent.get(clientId)
      if (!post || post.seenAt !== undefined) return
      const now = Date.now()
      post.seenAt = now
      seen++
      if (post.accepted) latencies.push(now - post.accepted.at)
      for (const watcher of watchers) watcher(post, now)
    },
    fault: (code, message) => void faults.push({ code, message }),
    counts: () => ({ accepted, stored: 0, seen, later, lost, notDurable }),
    takeLatencies() {
      const taken = latencies
      latencies = []
      return taken
    },
    untilFlowing(channels, limitMs) {
      const from = Date.now()
      const waited = new Set(channels)
      return new Promise((resolve) => {
        const end = (ms: number | undefined) => {
          clearTimeout(timer)
          watchers.delete(watcher)
          resolve(ms)
        }
        const watcher = (post: Sent, now: number) => {
          if (!post.accepted || post.accepted.at < from) return
          waited.delete(post.channel)
          if (waited.size === 0) end(now - from)
        }
        const timer = setTimeout(() => end(undefined), limitMs)
        watchers.add(watcher)
      })
    },
  }
}
