import { setTimeout as sleep } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import type { Journal, Sent } from './journal.ts'
import { request, type Session } from './session.ts'

/** Posts once over HTTP, again with the same id until there is an answer, for a minute; gives the answer's status. */
export async function postDirectly(
  journal: Journal,
  gateways: readonly string[],
  session: Session,
  {
    channel,
    text,
    fate = 'stored',
    clientId = uuidv7(),
  }: Pick<Sent, 'channel' | 'text'> & Partial<Pick<Sent, 'fate' | 'clientId'>>,
): Promise<number | undefined> {
  const until = Date.now() + 60_000
  for (let attempt = 0; Date.now() < until; attempt++) {
    const gateway = gateways[attempt % gateways.length]!
    // A line of its own: nothing is promised about the order of requests that are on their way together.
    const line = `request ${clientId} ${attempt}`
    journal.onSending({ clientId, channel, text, fate, author: session.pseudo }, line)
    const body = { text, channel, id: clientId }
    const answer = await request(gateway, '/posts', { body, token: session.token }).catch(() => undefined)
    if (answer?.status === 202) {
      if (answer.body.durable === false) journal.onNotDurable(clientId)
      else journal.onAccepted(clientId, { postId: answer.body.id, line, gateway })
      return 202
    }
    if (answer && answer.status !== 503 && answer.status !== 429) {
      journal.onTurnedAway(clientId, `${answer.status} ${answer.body?.code}`)
      return answer.status
    }
    await sleep(200 + Math.random() * 300)
  }
  return undefined
}
