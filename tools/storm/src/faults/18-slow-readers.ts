import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

/** The kernel holds some megabytes for a reader that does not read; beyond them the gateway must notice. */
const STALL_MS = 12_000
/** Characters of 25 bytes: a post may have 500 characters and 4 KiB. */
const FAT_CHARACTERS = 130
const RATE = 250

export const slowReaders: Fault = {
  number: 18,
  name: '18-slow-readers',
  title: 'readers that stop reading for 12 s while long posts pour in, and readers that drop frames',
  touches: ['clients'],
  holdMs: STALL_MS,
  async inject(_world, { addReaders, writers }) {
    const readers = addReaders('steady', 2)
    addReaders('dropping', 1)
    await sleep(1_500)
    for (const reader of readers) reader.stall(STALL_MS)
    writers.fatten(FAT_CHARACTERS)
    writers.rate(RATE)
  },
  async heal(_world, { writers, usualRate }) {
    writers.fatten(0)
    writers.rate(usualRate)
  },
}
