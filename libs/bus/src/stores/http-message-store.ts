import { type StoreAddress, storeCaller } from './call-store.ts'
import type { MessageStore, Of } from './message-store.ts'

/** Messages in the service apps/message-store. Each method is one call of its HTTP interface. */
export function httpMessageStore(address: StoreAddress): MessageStore {
  const call = storeCaller(address)
  return {
    async add(message) {
      const { status, body } = await call('POST', '/messages', message)
      return { added: status === 201, durable: body.durable }
    },
    async list({ after, limit }) {
      return (await call('GET', `/messages${query({ after, limit })}`)).body
    },
    async claim(claim) {
      return (await call('POST', '/messages/claim', claim)).body.messages
    },
    async release(owner, partition) {
      await call('DELETE', `/messages/claims/${encodeURIComponent(owner)}${query({ partition })}`)
    },
    async remove(messageId) {
      return (await call('DELETE', `/messages/${encodeURIComponent(messageId)}`, undefined, [404])).status === 204
    },
    async held({ partition, source }: Of = {}) {
      return (await call('GET', `/messages/held${query({ partition, source })}`)).body
    },
  }
}

function query(fields: Record<string, string | number | undefined>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) given.set(name, String(value))
  return given.size === 0 ? '' : `?${given}`
}
