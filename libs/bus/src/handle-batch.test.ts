import type { Outgoing } from '@parvis/contracts/outgoing'
import { TransientError } from './errors.ts'
import { AbandonedError, type BatchWork, handleBatch } from './handle-batch.ts'
import { recordedLog } from './testing/broker-ground.ts'

function work(handle: BatchWork<number>['handle'], rest: Partial<BatchWork<number>> = {}) {
  const parked: [number, string][] = []
  const batch: BatchWork<number> = {
    handle,
    publishAll: async () => {},
    park: async (item, reason) => void parked.push([item, reason]),
    tellParked: async () => {},
    log: recordedLog().log,
    signal: new AbortController().signal,
    ...rest,
  }
  return { batch, parked }
}

const none: Outgoing[] = []
const items = Array.from({ length: 16 }, (_, index) => index)

test('halves around each item that fails, parks these alone, in order, and handles every other once', async () => {
  const done: number[] = []
  const { batch, parked } = work(async (some) => {
    if (some.includes(0) || some.includes(9)) throw new Error(`${some.length}`)
    done.push(...some)
    return none
  })
  await handleBatch(batch, items)
  expect(parked).toEqual([
    [0, '1'],
    [9, '1'],
  ])
  expect(done).toEqual(items.filter((item) => item !== 0 && item !== 9))
})

test('runs the items of a batch that took too long one by one: the time limit is met twice, however many they are', async () => {
  const sizes: number[] = []
  const { batch, parked } = work(async (some) => {
    sizes.push(some.length)
    if (some.includes(9)) throw Object.assign(new Error('given up'), { name: 'TooSlowError' })
    return none
  })
  await handleBatch(batch, items)
  expect(sizes).toEqual([16, ...items.map(() => 1)])
  expect(parked).toEqual([[9, 'given up']])
})

test('never halves for a transient failure', async () => {
  const sizes: number[] = []
  const { batch, parked } = work(async (some) => {
    sizes.push(some.length)
    if (sizes.length < 3) throw new TransientError('timeout', 'late')
    return none
  })
  await handleBatch(batch, items)
  expect(sizes).toEqual([16, 16, 16])
  expect(parked).toEqual([])
})

test('an item that cannot be parked is not passed over', async () => {
  const broken = new Error('no way to park')
  const { batch } = work(
    async () => {
      throw new Error('no')
    },
    {
      park: async () => {
        throw broken
      },
    },
  )
  await expect(handleBatch(batch, [1])).rejects.toBe(broken)
})

test('leaves a batch whose deliveries are lost, at the latest before the next try', async () => {
  const losing = new AbortController()
  let tries = 0
  const { batch, parked } = work(
    async () => {
      tries++
      losing.abort()
      throw new TransientError('timeout', 'late')
    },
    { signal: losing.signal },
  )
  await expect(handleBatch(batch, items)).rejects.toBeInstanceOf(AbandonedError)
  await expect(handleBatch(batch, items)).rejects.toBeInstanceOf(AbandonedError)
  expect([tries, parked]).toEqual([1, []])
})
