import { crc32 } from 'node:zlib'
import type { Entry } from '@parvis/contracts/post'

/**
 * An entry in a few bytes: its id, and a checksum of everything that people see of it. Fields are taken in a fixed
 * order, because the order of a JSON text's fields means nothing.
 */
export function digestOf({ seq, kind, post }: Entry): string {
  const { id, clientId, channel, author, text, via, mentions, links, createdAt, reviewedAt, storedAt } = post
  const all = [seq, kind, clientId, channel, author, text, via, mentions, links, createdAt, reviewedAt, storedAt]
  return `${id}/${crc32(JSON.stringify(all)).toString(36)}`
}
