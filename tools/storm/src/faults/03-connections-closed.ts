import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

/** From accepting a connection to consuming takes services some 100 ms: within it they are reset. */
const SET_UP_MS = 120

export const connectionsClosed: Fault = {
  number: 3,
  name: '3-connections-closed',
  title: 'connections are closed by force, and again and again while they are being set up',
  touches: ['broker'],
  holdMs: 5_000,
  async inject({ manage, vhost, servers }) {
    const connections = (await manage('GET', `/vhosts/${vhost}/connections`)) as { name: string }[]
    // One may have gone meanwhile.
    const close = (name: string) => manage('DELETE', `/connections/${encodeURIComponent(name)}`).catch(() => {})
    await Promise.all(connections.map(({ name }) => close(name)))
    servers.rabbitmq.proxy.resetYoung(SET_UP_MS)
    await sleep(500)
    servers.rabbitmq.proxy.reset()
  },
  async heal({ servers }) {
    servers.rabbitmq.proxy.resetYoung(0)
  },
}
