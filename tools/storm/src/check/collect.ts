import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry } from '@parvis/contracts/post'
import { PlainError } from '@parvis/stack/servers'
import { type EntryRow, entryColumns, entryOf, uuidOf } from '@parvis/storage/entry-row'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { request } from '../load/session.ts'
import type { World } from '../world.ts'
import { digestOf } from './digest.ts'
import type { Facts, StoredFact } from './facts.ts'

const ROWS_AT_A_TIME = 20_000
/** A service that dies too often is started again after 10 s, and then needs some seconds. */
const BACK_MS = 45_000
/** More parked messages than any storm makes on purpose. */
const MOST_PARKED = 2_000

/** Where each channel ends. */
export async function readLastSeqs(world: World, channels: readonly string[]): Promise<Map<string, number>> {
  const rows = await world.sql<{ name: string; last_seq: number }>(
    'SELECT name, last_seq FROM channels WHERE name IN (?)',
    [channels],
  )
  return new Map(rows.map(({ name, last_seq }) => [name, last_seq]))
}

/** What MySQL holds of the channels. */
export async function readStored(world: World, channels: readonly string[]): Promise<Map<string, StoredFact[]>> {
  const stored = new Map<string, StoredFact[]>(channels.map((channel) => [channel, []]))
  for (const channel of channels) {
    const list = stored.get(channel)!
    for (;;) {
      const rows = await world.sql<EntryRow>(
        `SELECT ${entryColumns} FROM entries e JOIN channels c ON c.id = e.channel_id
         WHERE c.name = ? AND e.seq > ? ORDER BY e.seq LIMIT ${ROWS_AT_A_TIME}`,
        [channel, list.at(-1)?.seq ?? -1],
      )
      for (const row of rows) {
        const entry = entryOf(row, channel)
        const { id, clientId, author, text } = entry.post
        list.push({ seq: entry.seq, id, clientId, author, text, digest: digestOf(entry) })
      }
      if (rows.length < ROWS_AT_A_TIME) break
    }
  }
  return stored
}

export async function readRefusals(world: World): Promise<Facts['refusals']> {
  const rows = await world.sql<{ id: Buffer; status: string; code: string }>('SELECT id, status, code FROM refusals')
  return new Map(rows.map(({ id, status, code }) => [uuidOf(id), { status, code }]))
}

/** What is in the parking lot; taken out, so that the next round finds it empty. */
export async function takeParked(world: World): Promise<Facts['parked']> {
  type Message = { payload: string; properties: { headers?: Record<string, string> } }
  const messages = (await world.manage('POST', `/queues/${world.vhost}/parvis.parked/get`, {
    count: MOST_PARKED,
    ackmode: 'ack_requeue_false',
    encoding: 'auto',
  })) as Message[]
  return messages.map(({ payload, properties: { headers = {} } }) => ({
    body: payload,
    reason: headers['x-reason'] ?? 'no reason',
    queue: headers['x-source-queue'] ?? 'no queue',
  }))
}

export async function readWindows(world: World, channels: readonly string[]): Promise<Facts['windows']> {
  return world.withRedis(async (redis) => {
    const windows: Facts['windows'] = new Map()
    for (const channel of channels) {
      const window = await readWindow(redis, windowKeys(world.redisPrefix, channel))
      if (!window) continue
      windows.set(channel, { first: window.first, last: window.last, digests: window.entries.map(digestOf) })
    }
    return windows
  })
}

/** Reads each channel from its beginning to its end through each gateway. */
export async function readPages(world: World, channels: readonly string[]): Promise<Facts['pages']> {
  const pages: Facts['pages'] = []
  for (const gateway of world.gateways) {
    for (const channel of channels) {
      const digests: string[] = []
      for (let after = 0, more = true; more; ) {
        const body = await readPage(gateway, `/posts?channel=${channel}&after=${after}&limit=200`)
        for (const entry of body.entries as Entry[]) digests.push(digestOf(entry))
        more = body.hasMore && body.entries.length > 0
        after = body.last
      }
      pages.push({ gateway, channel, digests })
    }
  }
  return pages
}

/** One page; a gateway that was killed may still be coming back. */
async function readPage(gateway: string, path: string) {
  const until = Date.now() + BACK_MS
  for (;;) {
    const answer = await request(gateway, path).catch((error: Error) => ({
      status: String(error.cause ?? error),
      body: undefined,
    }))
    if (answer.status === 200) return answer.body
    if (Date.now() > until) throw new PlainError(`${gateway} does not answer GET ${path}: ${answer.status}`)
    await sleep(250)
  }
}

/** How many messages each of Parvis's queues holds; those of gateways and the parking lot are not among them. */
export async function readQueues(world: World): Promise<Facts['queues']> {
  const queues = (await world.manage('GET', `/queues/${world.vhost}`)) as { name: string; messages?: number }[]
  return queues
    .filter(({ name }) => !name.startsWith('gateway.') && name !== 'parvis.parked')
    .map(({ name, messages = 0 }) => ({ name, messages }))
}
