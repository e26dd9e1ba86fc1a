import { randomBytes } from 'node:crypto'
import { partitionOf, partitions } from '@parvis/contracts/partition'
import type { HttpPost } from './post-http.ts'

/** Chooses a pseudo at a gateway and gives its token. */
export async function takeToken(gateway: string): Promise<string> {
  const response = await fetch(`${gateway}/auth/choose-pseudo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pseudo: `Bench ${randomBytes(4).toString('hex')}` }),
    signal: AbortSignal.timeout(10_000),
  })
  if (response.status !== 201) throw new Error(`no pseudo: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { token: string }).token
}

/** A name of a channel in each partition. */
export function channelPerPartition(name: string): string[] {
  return partitions.map((partition) => {
    for (let n = 0; ; n++) if (partitionOf(`${name}-${n}`) === partition) return `${name}-${n}`
  })
}

/** What is posted: with its names and numbers a post of 120 characters is about 300 bytes on the way. */
export const POST_TEXT = 'a post of a bench, as long as people write them on a wall; '.padEnd(120, 'ok ')

/** How to post at a gateway over HTTP, to each of the channels. */
export function httpPosts(gateway: string, token: string, channels: readonly string[]): HttpPost[] {
  return channels.map((channel) => ({
    url: `${gateway}/posts`,
    headers: { authorization: `Bearer ${token}` },
    body: (text, id) => JSON.stringify({ text, channel, id }),
  }))
}
