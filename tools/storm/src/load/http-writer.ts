import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from './journal.ts'
import { request, type Session } from './session.ts'
import type { Draft, Writer } from './writers.ts'

/** Posts that one HTTP writer has in hand: one on its way, the rest behind it. */
const MOST_WAITING = 20

/** Posts over HTTP as a careful program does: one at a time, the same id at the next gateway until there is an answer. */
export function createHttpWriter(options: {
  session: Session
  gateways: readonly string[]
  journal: Journal
  first: number
}): Writer {
  const { session, gateways, journal } = options
  const queue: Draft[] = []
  const closed = new AbortController()
  let at = options.first
  let busy = false

  async function run(): Promise<void> {
    busy = true
    for (let draft = queue[0]; draft && !closed.signal.aborted; draft = queue[0]) {
      if (await send(draft)) queue.shift()
    }
    busy = false
  }

  /** One try; true when it was answered for good. */
  async function send({ clientId, channel, text, fate }: Draft): Promise<boolean> {
    const gateway = gateways[at % gateways.length]!
    const line = `${session.sessionId} at ${gateway}`
    journal.onSending({ clientId, channel, text, fate, author: session.pseudo }, line)
    try {
      const body = { text, channel, id: clientId }
      const answer = await request(gateway, '/posts', { body, token: session.token })
      if (answer.status === 202) {
        if (answer.body.durable === false) journal.onNotDurable(clientId)
        else journal.onAccepted(clientId, { postId: answer.body.id, line, gateway })
        return true
      }
      if (answer.status !== 503 && answer.status !== 429) {
        journal.onTurnedAway(clientId, `${answer.status} ${answer.body?.code}`)
        return true
      }
      journal.onUnanswered('later')
    } catch {
      // Lost, reset, no answer in time: it may have been accepted. The next gateway gets the same id.
      at++
      journal.onUnanswered('lost')
    }
    await sleep(100 + Math.random() * 400, undefined, { signal: closed.signal }).catch(() => {})
    return false
  }

  return {
    write(draft) {
      if (queue.length >= MOST_WAITING) return false
      queue.push(draft)
      if (!busy) void run()
      return true
    },
    waiting: () => queue.length,
    close: () => closed.abort(),
  }
}
