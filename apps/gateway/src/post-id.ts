import { createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import { uuidBytes, uuidOf } from '@parvis/storage/entry-row'

/**
 * Makes the ids of posts: the client's timestamp and an HMAC of (session, channel, client id), in the shape of a UUID
 * of version 7. The same on every gateway, so a repeat is the same post; not to be claimed by another session; and in
 * order of time, so that MySQL's index grows at its end.
 */
export function postIds(secret: string) {
  // As a key object: made of a buffer, each HMAC takes six times as long (Node 24: 12 µs, not 2).
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'parvis post ids', 32)))
  return (sessionId: string, channel: string, clientId: string): string => {
    const client = uuidBytes(clientId)
    const id = createHmac('sha256', key).update(`${sessionId} ${channel} ${clientId}`).digest().subarray(0, 16)
    client.copy(id, 0, 0, 6)
    id[6] = 0x70 | (id[6]! & 0x0f)
    id[8] = 0x80 | (id[8]! & 0x3f)
    return uuidOf(id)
  }
}
