import { v7 as uuidv7 } from 'uuid'
import { openSession, request } from '../load/session.ts'
import { dieAt } from '../rewrite/points.ts'
import type { Round } from '../round.ts'
import type { World } from '../world.ts'
import { bringToRest } from './at-rest.ts'
import type { Fault } from './fault.ts'

const WAIT_S = 25

export const killedAfterCommit: Fault = {
  number: 8,
  name: '8-killed-after-commit',
  title: 'workers die when their work is done (in MySQL, in Redis) and nobody knows',
  touches: ['worker', 'clients', 'broker', 'mysql'],
  holdMs: 500,
  async inject(world, round) {
    const { points } = world
    for (const [service, point] of [
      ['post-worker', 'after-handling'],
      ['db-writer', 'after-commit'],
      ['cache-worker', 'after-handling'],
    ] as const) {
      round.expect(`a ${service} dies ${point}`, await dieAt(points, service, point))
    }
    await waitForOne(world, round)
  },
  async heal(_world, { writers }) {
    writers.pause(false)
  },
}

/** Nothing follows this post, so only the repeat of its event can tell the one who waits for it. */
async function waitForOne({ gateways, points }: World, round: Round): Promise<void> {
  const { journal, channels, expect } = round
  await bringToRest(round, 30_000)
  const session = await openSession(gateways)
  const post = { clientId: uuidv7(), channel: channels[0]!, text: 'somebody waits for this' }
  const line = `request ${post.clientId}`
  journal.onSending({ ...post, author: session.pseudo, fate: 'stored' }, line)
  const died = dieAt(points, 'db-writer', 'after-commit', 20_000)
  const answer = await request(gateways[0]!, '/posts', {
    body: { text: post.text, channel: post.channel, id: post.clientId },
    token: session.token,
    headers: { prefer: `wait=${WAIT_S}` },
    limitMs: (WAIT_S + 10) * 1_000,
  })
  if (answer.status < 300) journal.onAccepted(post.clientId, { postId: answer.body.id, line, gateway: gateways[0]! })
  expect('a db-writer dies after this commit', await died)
  expect('who waits for a post is told, though the db-writer died', answer.status === 201, `${answer.status}`)
}
