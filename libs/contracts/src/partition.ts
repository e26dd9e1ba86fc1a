import { crc32 } from 'node:zlib'

/**
 * Into how many lanes the channels are spread. A constant of the wire: every publisher computes the lane from the
 * channel, so processes that disagreed about it would reorder posts. To change it, drain all queues first.
 */
export const PARTITIONS = 4

export const partitions: readonly number[] = [...Array(PARTITIONS).keys()]

/** The lane of a channel, 0 to 3. @param channel its canonical name */
export function partitionOf(channel: string): number {
  return crc32(channel) % PARTITIONS
}
