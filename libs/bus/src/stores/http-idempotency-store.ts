import { type StoreAddress, storeCaller } from './call-store.ts'
import type { IdempotencyStore } from './idempotency-store.ts'

/** Marks in the service apps/message-store. */
export function httpIdempotencyStore(address: StoreAddress): IdempotencyStore {
  const call = storeCaller(address)
  const path = (messageId: string) => `/idempotency/${encodeURIComponent(messageId)}`
  return {
    // The token is made here: a try whose answer was lost is then won again, and not lost to itself.
    async claim(messageId, leaseMs, token = crypto.randomUUID()) {
      const { status, body } = await call('POST', '/idempotency', { messageId, leaseMs, token }, [409])
      return status === 201 ? { won: true, token: body.token } : { won: false, mark: body.mark }
    },
    async complete(messageId, token, result) {
      const { status } = await call('PUT', path(messageId), { token, ...(result !== undefined && { result }) }, [409])
      return status === 200
    },
    async get(messageId) {
      const { status, body } = await call('GET', path(messageId), undefined, [404])
      return status === 200 ? body : undefined
    },
    async forget(messageId) {
      return (await call('DELETE', path(messageId), undefined, [404])).status === 204
    },
  }
}
