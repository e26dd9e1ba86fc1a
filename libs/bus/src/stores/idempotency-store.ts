/** What the first one left behind. */
export interface Mark {
  messageId: string
  /** `claimed`: somebody is at it, until the lease ends; `done`: it was processed. */
  state: 'claimed' | 'done'
  /** When it was claimed, or done, in milliseconds since 1970. */
  at: number
  /** What the one that did it left with `complete`, any JSON of at most 64 KiB. */
  result?: unknown
}

type IdempotencyClaim = { won: true; token: string } | { won: false; mark: Mark }

/**
 * Lets exactly one of several processes do the work of a message. Every method rejects with a TransientError while the
 * store cannot be reached: whoever got no answer does not know, and must neither work nor ack.
 */
export interface IdempotencyStore {
  /**
   * Claims a message in one step (looking first and marking then would let two win).
   * @param leaseMs until when the winner must have completed it; after that the next claim wins
   * @param token the claimant's own name for this claim: repeating a claim whose answer was lost wins again
   */
  claim(messageId: string, leaseMs: number, token?: string): Promise<IdempotencyClaim>
  /** Marks it done. False when this token's lease is over: somebody else may be at it or have done it. */
  complete(messageId: string, token: string, result?: unknown): Promise<boolean>
  get(messageId: string): Promise<Mark | undefined>
  /** Removes mark or claim: the next claim wins. False when there is none. */
  forget(messageId: string): Promise<boolean>
}

/** Marks outlive messages (24 h): what is republished at the last moment must still be known. */
export const KEEP_MS = 72 * 3_600_000
export const RESULT_BYTES = 64 * 1024
