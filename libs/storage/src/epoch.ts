import { randomBytes } from 'node:crypto'

/** A channel's epoch: 96 random bits, so that no two beginnings of a channel ever share one. */
export function newEpoch(): string {
  return randomBytes(12).toString('base64url')
}
