import { TransientError } from '../errors.ts'
import { type IdempotencyStore, KEEP_MS, type Mark } from './idempotency-store.ts'

interface Kept extends Mark {
  token: string
  until: number
}

/**
 * Marks in this process alone: for a program that is one process, and while the external store is away.
 * @param marks at most this many; at the bound a claim is refused (`store-full`), nothing is forgotten early
 */
export function memoryIdempotencyStore({
  marks: most = 100_000,
  keepMs = KEEP_MS,
}: {
  marks?: number
  keepMs?: number
} = {}): IdempotencyStore {
  const marks = new Map<string, Kept>()

  function living(messageId: string): Kept | undefined {
    const kept = marks.get(messageId)
    if (kept && kept.until > Date.now()) return kept
    marks.delete(messageId)
    return undefined
  }
  function makeRoom(): void {
    if (marks.size < most) return
    for (const messageId of [...marks.keys()]) living(messageId)
    if (marks.size >= most) throw new TransientError('store-full', `${most} marks are kept in memory`)
  }
  const shown = ({ messageId, state, at, result }: Kept): Mark => ({
    messageId,
    state,
    at,
    ...(result !== undefined && { result }),
  })

  return {
    async claim(messageId, leaseMs, token = crypto.randomUUID()) {
      const kept = living(messageId)
      if (kept && !(kept.state === 'claimed' && kept.token === token)) return { won: false, mark: shown(kept) }
      makeRoom()
      const at = Date.now()
      marks.set(messageId, { messageId, state: 'claimed', at, token, until: at + leaseMs })
      return { won: true, token }
    },
    async complete(messageId, token, result) {
      const kept = living(messageId)
      if (!kept || kept.token !== token) return false
      // Completing again is the same: its answer may have been lost.
      if (kept.state === 'claimed') {
        const at = Date.now()
        marks.set(messageId, { messageId, state: 'done', at, token, until: at + keepMs, result })
      }
      return true
    },
    async get(messageId) {
      const kept = living(messageId)
      return kept && shown(kept)
    },
    async forget(messageId) {
      return living(messageId) !== undefined && marks.delete(messageId)
    },
  }
}
