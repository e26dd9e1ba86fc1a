import { TransientError } from '@parvis/bus/errors'
import type { Entry } from '@parvis/contracts/post'
import type { WallUpdated } from '@parvis/contracts/wall-updated'
import type { Cache } from '@parvis/storage/redis'
import type { Window } from '@parvis/storage/window'
import { pino } from 'pino'
import type { AskWall } from '../ask-wall.ts'
import { createChannels } from '../channels.ts'

export function entryOf(seq: number, text = `post ${seq}`): Entry {
  const id = `01890000-0000-7000-8000-${String(seq).padStart(12, '0')}`
  const post = { id, clientId: id, channel: 'wall', author: 'Ada', text, createdAt: 1, reviewedAt: 2, storedAt: 3 }
  return { seq, kind: 'post', post }
}

/** One channel as MySQL holds it, the cache-worker that is asked about it, and the gateway's channels that ask. */
export function scriptedWall({ posts = 0, text }: { posts?: number; text?: string } = {}) {
  const make = (from: number, count: number) => Array.from({ length: count }, (_, i) => entryOf(from + i, text))
  let entries = make(1, posts)
  let epoch: string | null = posts > 0 ? 'e1' : null
  const wall = {
    questions: [] as string[],
    /** Nobody answers. */
    away: false,
    /** What is read for an answer is read at once; the answer comes when this has resolved. */
    gate: Promise.resolve(),
    /** What Redis has, whatever is asked of it. */
    window: undefined as Omit<Window, 'json'> | undefined,
    /** Posts become stored; gives what is broadcast of them, with its bytes. */
    store(count = 1): [update: WallUpdated, frame: Buffer] {
      epoch ??= 'e1'
      const added = make(entries.length + 1, count)
      entries.push(...added)
      return broadcastOf(epoch, added)
    },
    beginAnew(newEpoch: string, count: number): void {
      epoch = newEpoch
      entries = make(1, count)
    },
  }

  async function answer<R>(question: string, read: () => R): Promise<R> {
    wall.questions.push(question)
    if (wall.away) throw new TransientError('timeout', 'no cache-worker has answered')
    const value = read()
    await wall.gate
    return value
  }

  const ask: AskWall = {
    piece: (channel, { before, after, limit }) =>
      answer(after === undefined ? 'page' : `after ${after}`, () => {
        const asked = entries.filter(({ seq }) => seq < (before ?? Number.MAX_SAFE_INTEGER) && seq > (after ?? 0))
        const some = after === undefined ? asked.slice(-limit) : asked.slice(0, limit)
        const [first, last] = [some[0]?.seq ?? (after ?? -1) + 1, some.at(-1)?.seq ?? after ?? 0]
        return { ...updateOf(channel, epoch, some, first, last), head: entries.length }
      }),
    positions: (channels) =>
      answer('positions', () => channels.map((channel) => ({ channel, epoch, last: entries.length }))),
    onAnswer: () => false,
  }
  const cache = { attempt: async () => wall.window && withJson(wall.window) } as unknown as Cache
  const channels = createChannels({ ask, cache, prefix: 't:', log: pino({ level: 'silent' }) })
  channels.onUp()
  return Object.assign(wall, { ask, channels })
}

function withJson(window: Omit<Window, 'json'>): Window {
  return { ...window, json: window.entries.map((entry) => JSON.stringify(entry)).join(',') }
}

function updateOf(channel: string, epoch: string | null, entries: Entry[], first: number, last: number): WallUpdated {
  return { type: 'wall.updated', channel, epoch, first, last, entries, cachedAt: 4 }
}

export function broadcastOf(epoch: string, entries: Entry[]): [update: WallUpdated, frame: Buffer] {
  const update = updateOf('wall', epoch, entries, entries[0]!.seq, entries.at(-1)!.seq)
  return [update, Buffer.from(JSON.stringify(update))]
}
