import type { Outgoing } from '@parvis/contracts/outgoing'
import { TransientError } from './errors.ts'
import { publishAll } from './publish-all.ts'
import { messageTo } from './testing/broker-ground.ts'

/** A publish whose answers the test gives, by content. */
function answered() {
  const sent: string[] = []
  const answers = new Map<string, PromiseWithResolvers<void>>()
  return {
    sent,
    answer: (content: string) => answers.get(content),
    publish: (message: Outgoing) => {
      const content = String(message.content)
      sent.push(content)
      const answer = Promise.withResolvers<void>()
      answers.set(content, answer)
      return answer.promise
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('sends one after another where they share a routing key, the others at once', async () => {
  const broker = answered()
  const all = publishAll(broker.publish, [messageTo('a', 'a1'), messageTo('a', 'a2'), messageTo('b', 'b1')])
  expect(broker.sent).toEqual(['a1', 'b1'])
  broker.answer('a1')?.resolve()
  await settled()
  expect(broker.sent).toEqual(['a1', 'b1', 'a2'])
  broker.answer('b1')?.resolve()
  broker.answer('a2')?.resolve()
  await all
})

test('does not send the second when the first of its routing key is refused, and tells only when all is settled', async () => {
  const broker = answered()
  const told = publishAll(broker.publish, [messageTo('a', 'a1'), messageTo('a', 'a2'), messageTo('b', 'b1')]).catch(
    (error) => error,
  )
  let isTold = false
  void told.then(() => {
    isTold = true
  })
  const refusal = new TransientError('nacked', 'full')
  broker.answer('a1')?.reject(refusal)
  await settled()
  expect(isTold).toBe(false)
  broker.answer('b1')?.resolve()
  expect(await told).toBe(refusal)
  expect(broker.sent).toEqual(['a1', 'b1'])
})

test('sends broadcasts at once, also with one routing key, and awaits them', async () => {
  const broker = answered()
  const all = publishAll(broker.publish, [
    messageTo('all', '1', { mandatory: false }),
    messageTo('all', '2', { mandatory: false }),
  ])
  expect(broker.sent).toEqual(['1', '2'])
  broker.answer('1')?.resolve()
  broker.answer('2')?.reject(new TransientError('unconfirmed', 'lost'))
  await expect(all).rejects.toMatchObject({ code: 'unconfirmed' })
})

test('awaits the messages of a journey also when a broadcast has failed', async () => {
  const broker = answered()
  let isTold = false
  const told = publishAll(broker.publish, [messageTo('a', 'a1'), messageTo('all', '1', { mandatory: false })])
    .catch((error) => error)
    .finally(() => {
      isTold = true
    })
  broker.answer('1')?.reject(new TransientError('unconfirmed', 'lost'))
  await settled()
  expect(isTold).toBe(false)
  broker.answer('a1')?.resolve()
  expect(await told).toMatchObject({ code: 'unconfirmed' })
})

test('sends as many broadcasts at a time as a publisher bears, by number and by bytes', async () => {
  const most = { messages: 0, bytes: 0 }
  const now = { messages: 0, bytes: 0 }
  const publish = async ({ content }: Outgoing) => {
    now.messages++
    now.bytes += content.length
    most.messages = Math.max(most.messages, now.messages)
    most.bytes = Math.max(most.bytes, now.bytes)
    await settled()
    now.messages--
    now.bytes -= content.length
  }
  const broadcast = (content: string) => messageTo('all', content, { mandatory: false })
  await publishAll(
    publish,
    Array.from({ length: 2_001 }, () => broadcast('small')),
  )
  expect(most.messages).toBe(250)
  await publishAll(
    publish,
    Array.from({ length: 200 }, () => broadcast('a'.repeat(500_000))),
  )
  expect(most.bytes).toBeLessThan(9 * 1024 * 1024)
})
