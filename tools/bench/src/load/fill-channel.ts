import { setTimeout as delay } from 'node:timers/promises'
import { httpPosts, POST_TEXT } from './writers.ts'

const STORED_MS = 10_000
const AT_ONCE = 20

/** Posts so many times on a channel, and waits until a page of it can be read that has them all. */
export async function fillChannel(gateway: string, token: string, channel: string, posts: number): Promise<void> {
  const [to] = httpPosts(gateway, token, [channel])
  const post = async () => {
    const body = JSON.stringify({ text: POST_TEXT, channel })
    const headers = { 'content-type': 'application/json', ...to!.headers }
    const response = await fetch(to!.url, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`POST /posts: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
  }
  const wanted = (await headOf(gateway, channel)) + posts
  for (let done = 0; done < posts; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, posts - done) }, post))
  }
  for (const until = performance.now() + STORED_MS; (await headOf(gateway, channel)) < wanted; await delay(20)) {
    if (performance.now() > until) throw new Error(`the posts of ${channel} were not stored in ${STORED_MS / 1000} s`)
  }
}

/** Where a channel ends, by a gateway. */
async function headOf(gateway: string, channel: string): Promise<number> {
  const response = await fetch(`${gateway}/posts?channel=${channel}&limit=1`)
  return ((await response.json()) as { head: number }).head
}
