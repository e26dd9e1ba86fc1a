import type { Ground } from '@parvis/stack/ground'

/** Another system that does some of what Parvis does, or a floor that looks like one. */
export interface Peer {
  name: string
  /** Starts the server(s) on free ports; */
  start(ground: Ground, signal: AbortSignal): Promise<RunningPeer & AsyncDisposable>
}

export interface RunningPeer {
  /** ws:// URL for readers */
  url: string
  subprotocol?: string
  /** frames a reader sends after the upgrade, in order */
  hello: string[]
  /** posts one text and resolves when the server has taken it */
  post(text: string): Promise<void>
  pids(): number[]
  httpPost?: { url: string; body(text: string): string; headers: Record<string, string> }
}
