import type { Ground } from '@parvis/stack/ground'

/** Another system doing the same work, as its own documentation recommends. */
export interface Peer {
  name: string
  /** A post is on the disk before it is answered. */
  durable: boolean
  /** What it promises and what not, in a few words for the table. */
  promise: string
  /** The largest crowd of readers that it can be measured with; absent where only the machine limits it. */
  mostSockets?: number
  /** What it is made of, with the installed versions, for the table; after installPeers. */
  versions(): string | Promise<string>
  /**
   * Starts it on this ground and resolves when it answers; disposal ends it and leaves nothing behind. Rejects with a
   * PlainError, one sentence, where this machine cannot have it; when `signal` aborts, it ends, started or not.
   */
  start(ground: Ground, signal: AbortSignal): Promise<RunningPeer & AsyncDisposable>
}

export interface RunningPeer {
  /** Where readers connect: `ws://…`. */
  url: string
  subprotocol?: string
  /** Text frames a reader sends after the upgrade, in order and without waiting; from then on it gets every post. */
  hello: string[]
  /** Resolves when the server has taken the post, and where it is durable, committed it. May be called in parallel. */
  post(text: string): Promise<void>
  /** The processes that do its work; not those of servers it shares with others, such as MySQL. */
  pids(): number[]
  /** The request that `post` makes, for a load generator of one's own; `id` (a UUID) makes a repeated post the same. */
  httpPost?: { url: string; headers: Record<string, string>; body(text: string, id: string): string }
}
