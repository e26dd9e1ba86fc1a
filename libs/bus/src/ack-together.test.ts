import { eventually } from '@parvis/testing/eventually'
import type { ConsumeMessage } from 'amqplib'
import { ackTogether } from './ack-together.ts'

// What the broker is told, and when.

function recorder() {
  const acked: [number, boolean][] = []
  const channel = {
    ack: (message: ConsumeMessage, allUpTo?: boolean) =>
      void acked.push([message.fields.deliveryTag, allUpTo === true]),
  }
  return { acked, channel }
}
const message = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage

test('tells of several batches by one ack, though nothing follows', async () => {
  const { acked, channel } = recorder()
  const acks = ackTogether(channel, 100)
  acks.done(message(3), 3)
  acks.done(message(5), 2)
  expect(acked).toEqual([])
  await eventually(() => expect(acked).toEqual([[5, true]]))
})

test('tells at once when as many wait as may', () => {
  const { acked, channel } = recorder()
  const acks = ackTogether(channel, 4)
  acks.done(message(3), 3)
  acks.done(message(4), 1)
  expect(acked).toEqual([[4, true]])
  acks.now()
  expect(acked).toEqual([[4, true]])
})

test('says nothing of a channel that is gone, and survives one that is going', async () => {
  const { acked, channel } = recorder()
  const gone = ackTogether(channel, 100)
  gone.done(message(1), 1)
  gone.forget()
  const last = ackTogether(channel, 100)
  last.done(message(2), 1)
  await eventually(() => expect(acked).toEqual([[2, true]]))
  const going = ackTogether(
    {
      ack() {
        throw new Error('Channel closing')
      },
    },
    100,
  )
  going.done(message(3), 1)
  expect(() => going.now()).not.toThrow()
})
