import { postDirectly } from '../load/post-directly.ts'
import { openSession } from '../load/session.ts'
import { POISON } from '../rewrite/rewrite.ts'
import type { Fault } from './fault.ts'

/** Enough at once that a batch goes to a thread (16 posts and more). */
const AT_ONCE = 60

export const poisonPost: Fault = {
  number: 11,
  name: '11-poison-post',
  title: 'posts that make a thread of post-worker loop for ever, or end',
  touches: ['worker'],
  holdMs: 0,
  async inject({ gateways, random }, { journal, channels, expect }) {
    const session = await openSession(gateways)
    const channel = random.pick(channels)
    for (const kind of ['loop', 'crash']) {
      const posts = Array.from({ length: AT_ONCE }, (_, n) =>
        n === AT_ONCE / 2
          ? { channel, text: `${POISON} ${kind}`, fate: 'parked' as const }
          : { channel, text: `beside the poison ${n}` },
      )
      const answers = await Promise.all(posts.map((post) => postDirectly(journal, gateways, session, post)))
      expect(
        'a gateway takes what only review can judge',
        answers.every((status) => status === 202),
        answers.join(),
      )
    }
  },
}
