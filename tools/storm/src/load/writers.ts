import { setTimeout as sleep } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import type { Random } from '../random.ts'
import { createHttpWriter } from './http-writer.ts'
import type { Journal, Sent } from './journal.ts'
import { openSession } from './session.ts'
import { createSocketWriter } from './socket-writer.ts'
import { nextText } from './texts.ts'

/** A new post of a writer: everything but who writes it. */
export type Draft = Pick<Sent, 'clientId' | 'channel' | 'text' | 'fate'>

/** Sends posts, each again and again with the same id until it is answered. */
export interface Writer {
  /** Takes a post to send; false when it waits for too many answers already. */
  write(draft: Draft): boolean
  /** How many posts are not answered yet. */
  waiting(): number
  close(): void
}

export interface Writers {
  /** Stops making new posts; those that are not answered are still sent. */
  pause(on: boolean): void
  waiting(): number
  /** Posts a second from now on. */
  rate(postsPerSecond: number): void
  /** Makes every new text longer by so many characters of 25 bytes. */
  fatten(characters: number): void
  /** Resolves when every post is answered; false after `limitMs`. */
  settle(limitMs: number): Promise<boolean>
  close(): void
}

const TICK_MS = 50
/** One character to people, 25 bytes to machines. */
const FAT = '👩‍👩‍👧‍👦'

/** Half of the writers post over HTTP, one post at a time, half over a WebSocket, many at a time; to all channels. */
export async function startWriters(options: {
  gateways: readonly string[]
  channels: readonly string[]
  journal: Journal
  random: Random
  rate: number
  count: number
}): Promise<Writers> {
  const { gateways, channels, journal, random } = options
  const writers: Writer[] = await Promise.all(
    Array.from({ length: options.count }, async (_, n) => {
      const session = await openSession(gateways)
      const create = n % 2 === 0 ? createSocketWriter : createHttpWriter
      return create({ session, gateways, journal, first: n % gateways.length })
    }),
  )
  let { rate } = options
  let paused = false
  let fat = 0
  let owed = 0
  let made = 0
  const timer = setInterval(() => {
    if (paused) return
    // A stall is not caught up with: people do not write faster after one.
    owed = Math.min(owed + (rate * TICK_MS) / 1000, rate / 2)
    for (let busy = 0; owed >= 1 && busy < writers.length; ) {
      made++
      const { text, fate } = nextText(random, made)
      const draft = {
        clientId: uuidv7(),
        channel: channels[made % channels.length]!,
        text: fat > 0 && fate === 'stored' && text.length < 120 ? `${text} ${FAT.repeat(fat)}` : text,
        fate,
      }
      if (writers[Math.floor(random.next() * writers.length)]!.write(draft)) {
        owed--
        busy = 0
      } else busy++
    }
  }, TICK_MS)
  const waiting = () => writers.reduce((sum, writer) => sum + writer.waiting(), 0)

  return {
    pause: (on) => {
      paused = on
    },
    waiting,
    rate: (postsPerSecond) => {
      rate = postsPerSecond
    },
    fatten: (characters) => {
      fat = characters
    },
    async settle(limitMs) {
      const until = Date.now() + limitMs
      while (waiting() > 0 && Date.now() < until) await sleep(50)
      return waiting() === 0
    },
    close() {
      clearInterval(timer)
      for (const writer of writers) writer.close()
    },
  }
}
