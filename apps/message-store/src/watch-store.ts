import { explain } from '@parvis/bus/errors'
import type { Held, MessageStore } from '@parvis/bus/stores/message-store'
import type { Logger } from 'pino'

/** How old the figures of /metrics may be. */
const LOOK_MS = 2_000

/** Counts what the store holds every two seconds, so that asking for the metrics costs the database nothing. */
export function watchStore(store: MessageStore, log: Logger) {
  let held: Held = { count: 0, bytes: 0, oldest: null }
  let looking = false
  const timer = setInterval(async () => {
    if (looking) return
    looking = true
    try {
      held = await store.held()
    } catch (error) {
      log.warn({ reason: explain(error) }, 'stored messages not counted')
    }
    looking = false
  }, LOOK_MS).unref()
  return {
    held: () => held,
    oldestSeconds: () => (held.oldest === null ? 0 : Math.max(0, (Date.now() - held.oldest) / 1000)),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
