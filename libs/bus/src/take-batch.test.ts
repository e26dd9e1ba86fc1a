import { BATCH_POSTS, FRAME_BYTES } from '@parvis/contracts/limits'
import type { ConsumeMessage } from 'amqplib'
import { takeBatch } from './take-batch.ts'

function message(bytes: number, deliveries = 0): ConsumeMessage {
  const headers = deliveries > 0 ? { 'x-delivery-count': deliveries } : undefined
  return { content: Buffer.alloc(bytes), properties: { headers }, fields: {} } as unknown as ConsumeMessage
}

const sizes = (messages: ConsumeMessage[]) => messages.map(({ content }) => content.length)

test('takes off the front what fits into 512 KiB, whole messages', () => {
  const buffer = [FRAME_BYTES - 10, 10, 1].map((bytes) => message(bytes))
  expect(sizes(takeBatch(buffer))).toEqual([FRAME_BYTES - 10, 10])
  expect(sizes(buffer)).toEqual([1])
})

test('takes one message at least, however large', () => {
  const buffer = [message(FRAME_BYTES * 2), message(1)]
  expect(takeBatch(buffer)).toHaveLength(1)
})

test('takes 500 messages at most', () => {
  const buffer = Array.from({ length: BATCH_POSTS + 1 }, () => message(1))
  expect(takeBatch(buffer)).toHaveLength(500)
  expect(buffer).toHaveLength(1)
})

test('what was delivered three times before is a batch of its own, in its place', () => {
  const buffer = [message(1), message(2, 2), message(3, 3), message(4)]
  expect(sizes(takeBatch(buffer))).toEqual([1, 2])
  expect(sizes(takeBatch(buffer))).toEqual([3])
  expect(sizes(takeBatch(buffer))).toEqual([4])
  expect(takeBatch(buffer)).toEqual([])
})
