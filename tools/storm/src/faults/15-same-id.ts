import { exchanges } from '@parvis/contracts/topology'
import { v7 as uuidv7 } from 'uuid'
import { postDirectly } from '../load/post-directly.ts'
import { openSession, request } from '../load/session.ts'
import type { Fault } from './fault.ts'
import { until } from './until.ts'

const TIMES = 100
/** A post by hand takes a partition of its own, so it may overtake one that still waits in a long queue. */
const STORED_MS = 120_000

export const sameId: Fault = {
  number: 15,
  name: '15-same-id',
  title: 'one post is sent a hundred times at once, and again by hand when it is old',
  touches: ['clients'],
  holdMs: 0,
  async inject({ gateways, manage, vhost, random }, { journal, channels, expect }) {
    const session = await openSession(gateways)
    const post = { channel: random.pick(channels), text: 'the very same', clientId: uuidv7() }
    const some = Array.from({ length: TIMES }, (_, n) => [...gateways.slice(n % gateways.length), ...gateways])
    await Promise.all(some.map((order) => postDirectly(journal, order, session, post)))
    const { postId } = journal.sent.get(post.clientId)!.accepted!
    // The first stored wins, whoever sent it: so this one is on the wall before.
    const onTheWall = async () =>
      (await request(gateways[0]!, `/posts/${postId}`).catch(() => undefined))?.status === 200
    expect('the very same is on the wall', await until(STORED_MS, onTheWall), postId)
    // What an operator does who finds it in a log a day later.
    const body = { id: postId, channel: post.channel, text: 'not the same at all', author: 'Somebody' }
    await manage('POST', `/exchanges/${vhost}/${exchanges.commands}/publish`, {
      properties: {},
      routing_key: 'post.created',
      payload: JSON.stringify(body),
      payload_encoding: 'string',
    })
    const known = await request(gateways[0]!, `/posts/${postId}`)
    const right = known.status === 404 || known.body.text === post.text
    expect('a repeat by hand changes nothing', right, JSON.stringify(known.body))
  },
}
