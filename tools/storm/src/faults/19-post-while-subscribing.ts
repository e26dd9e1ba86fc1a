import { setTimeout as sleep } from 'node:timers/promises'
import { postDirectly } from '../load/post-directly.ts'
import { openSession } from '../load/session.ts'
import { eachProxy } from './each-proxy.ts'
import type { Fault } from './fault.ts'

const CHANNELS = 12
/** Long enough that a post overtakes the answer to a subscription that was sent before it. */
const SLOW_MS = 120

/** A channel nobody knows is subscribed to on one gateway and written to on another, at about the same time. */
export const postWhileSubscribing: Fault = {
  number: 19,
  name: '19-post-while-subscribing',
  title: 'posts come between a subscription and its page',
  touches: ['broker', 'mysql', 'redis'],
  holdMs: 0,
  async inject(world, { journal, addChannel, addReaders }) {
    const { gateways, random } = world
    const session = await openSession(gateways)
    await eachProxy(world, (proxy) => proxy.delay(SLOW_MS))
    const posts: Promise<unknown>[] = []
    for (let n = 0; n < CHANNELS; n++) {
      const channel = addChannel()
      const post = (text: string, at: number) =>
        posts.push(postDirectly(journal, [gateways[at % gateways.length]!, ...gateways], session, { channel, text }))
      if (n % 3 > 0) post('before anyone looks', n)
      if (n % 3 === 2) await posts.at(-1)
      addReaders('steady', 1, { channels: [channel], first: n })
      await sleep(random.between(0, 2 * SLOW_MS))
      post('while somebody begins to look', n + 1)
      await sleep(random.between(0, SLOW_MS))
      addReaders('steady', 1, { channels: [channel], first: n + 1 })
      post('while another begins to look', n + 2)
    }
    await Promise.all(posts)
  },
  heal: (world) => eachProxy(world, (proxy) => proxy.delay(0)),
}
