import { setTimeout as sleep } from 'node:timers/promises'
import { exchanges } from '@parvis/contracts/topology'
import type { Service } from '@parvis/stack/service'
import { v7 as uuidv7 } from 'uuid'
import type { Rewrite } from '../rewrite/rewrite.ts'
import type { Fault } from './fault.ts'

/** A newer version that tells more than today's know. */
export const newerVersion: Rewrite[] = [
  {
    file: 'libs/contracts/src/post-reviewed.ts',
    find: "{ ...head('post.reviewed'), partition }",
    replace: "{ ...head('post.reviewed'), partition, mood: 'sunny' }",
  },
  {
    file: 'libs/contracts/src/post-stored.ts',
    find: "{ ...head('post.stored'), partition }",
    replace: "{ ...head('post.stored'), partition, mood: 'sunny' }",
  },
]

let extras: Service[] = []

/** A rolling upgrade: workers of the next version take the partitions over while posts flow, and give them back. */
export const otherVersion: Fault = {
  number: 21,
  name: '21-other-version',
  title: 'workers of another version do the work for a while, and a message of a type unknown today comes',
  touches: ['worker', 'broker', 'mysql'],
  holdMs: 4_000,
  async inject({ startExtra, wall, manage, vhost }, { addPoison }) {
    extras = await Promise.all([
      startExtra('post-worker', 'post-worker.next', { rewrites: newerVersion }),
      startExtra('db-writer', 'db-writer.next', { rewrites: newerVersion }),
    ])
    for (const service of ['post-worker', 'db-writer'] as const) {
      for (const old of wall.services[service]) {
        await old.stop()
        await sleep(500)
      }
    }
    const payload = JSON.stringify({
      type: 'post.pinned',
      version: 1,
      messageId: uuidv7(),
      timestamp: Date.now(),
      seq: 1,
    })
    addPoison(payload)
    await manage('POST', `/exchanges/${vhost}/${exchanges.events}/publish`, {
      properties: {},
      routing_key: 'post.reviewed.p0',
      payload,
      payload_encoding: 'string',
    })
  },
  async heal({ wall }) {
    const old = [...wall.services['post-worker'], ...wall.services['db-writer']].filter(({ isUp }) => !isUp)
    await Promise.all(old.map((service) => service.start()))
    for (const extra of extras) await extra.stop()
    extras = []
  },
}
