import { setTimeout as sleep } from 'node:timers/promises'
import { readLastSeqs } from '../check/collect.ts'
import { request } from '../load/session.ts'
import type { Fault } from './fault.ts'

/** What is stored is in Redis, or can be asked for, well within this. */
const LAG_MS = 2_500
const LOOKS = 8

/** A gateway that has lost the broker may read from Redis or say that it cannot; it may not tell what was as what is. */
export const gatewayDeaf: Fault = {
  number: 3,
  name: '3-gateway-deaf',
  title: 'one gateway loses the broker while the others go on',
  // Not beside a fault that keeps cache-workers from their work: a window counts for as long as its lease, 15 s.
  touches: ['gateway', 'broker', 'worker', 'mysql', 'redis'],
  holdMs: 500,
  async inject(world, { channels, expect }) {
    const gateway = world.far.service.url
    world.far.broker.refuse(true)
    let worst = ''
    for (let look = 0; look < LOOKS; look++) {
      const channel = channels[look % channels.length]!
      const known = (await readLastSeqs(world, [channel])).get(channel) ?? 0
      await sleep(LAG_MS / 2)
      const { status, body, headers } = await request(gateway, `/posts?channel=${channel}&limit=1`)
      const says = status === 503 || headers.get('x-parvis-stale') === 'true'
      if (!says && body.head < known)
        worst = `${channel} ended at ${known}, then at ${body.head} (${headers.get('x-parvis-source')})`
    }
    expect('a gateway without the broker serves nothing old as new', worst === '', worst)
  },
  async heal({ far }) {
    far.broker.refuse(false)
  },
}
