import type { ChannelModel } from 'amqplib'
import type { Logger } from 'pino'
import { explain, TransientError } from './errors.ts'
import { DROPPED, destroyConnection, openConnection } from './open-connection.ts'
import { backOffMs, pause, within } from './wait.ts'

/** Setting up is some thirty calls of a millisecond each. */
const SET_UP_MS = 20_000
const CLOSE_MS = 2_000

export interface KeptConnection {
  /**
   * Resolves at the first connection that is set up. Rejects with the last reason after `firstMs` without one, and at
   * once when only a person can mend it: a topology that lacks something, a user or permission that is refused.
   */
  ready: Promise<void>
  /** Ends the connection now; it comes back by itself. For a broker that no longer answers. */
  drop(reason: string): void
  /** Closes for good, within about 2 s, whatever it was doing. */
  close(): Promise<void>
}

/**
 * Keeps one connection to the broker: connects, sets up, waits for its end, and begins again with back-off.
 * Our own loop rather than amqplib's `recovery`, which never notices a connection that is lost during set-up.
 * @param setUp called for each new connection; the connection may end at any moment in it
 * @param onDown called when a connection has ended, also one whose set-up was begun and not finished
 */
export function keepConnected(options: {
  url: string
  name: string
  log: Logger
  firstMs: number
  setUp: (connection: ChannelModel) => Promise<void>
  onDown: () => void
}): KeptConnection {
  const { name, log } = options
  const closing = new AbortController()
  const first = Promise.withResolvers<void>()
  const givenUpAt = Date.now() + options.firstMs
  let current: ChannelModel | undefined
  let wasUp = false

  async function once(): Promise<void> {
    const connection = await openConnection(options.url, name, closing.signal)
    const ended = Promise.withResolvers<string>()
    // Without this listener a lost connection would be an uncaught error.
    connection.on('error', (error) => {
      // What we ended ourselves has been said already.
      if (explain(error) !== DROPPED) log.warn({ connection: name, reason: explain(error) }, 'broker connection failed')
    })
    connection.on('close', (error) => ended.resolve(error ? explain(error) : 'closed'))
    current = connection
    try {
      const lostInSetUp = ended.promise.then((reason) => {
        throw new TransientError('connection-lost', reason)
      })
      await within(SET_UP_MS, 'set-up', Promise.race([options.setUp(connection), lostInSetUp]))
    } catch (error) {
      destroyConnection(connection)
      throw error
    }
    wasUp = true
    log.info({ connection: name }, 'broker connected')
    first.resolve()
    const reason = await ended.promise
    if (closing.signal.aborted) return
    log.warn({ connection: name, reason }, 'broker connection lost')
  }

  async function loop(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; ) {
      try {
        await once()
        attempt = 0
      } catch (error) {
        attempt++
        if (!wasUp && (onlyAPersonCanMend(error) || Date.now() > givenUpAt)) first.reject(error)
        if (!closing.signal.aborted) {
          log.warn({ connection: name, attempt, reason: explain(error) }, 'broker not reached')
        }
      }
      if (current) options.onDown()
      current = undefined
      await pause(backOffMs(attempt), closing.signal)
    }
  }
  const running = loop()

  return {
    ready: first.promise,
    drop(reason) {
      if (!current || closing.signal.aborted) return
      log.warn({ connection: name, reason }, 'broker connection dropped')
      destroyConnection(current)
    },
    async close() {
      closing.abort()
      const connection = current
      if (connection) await within(CLOSE_MS, 'close', connection.close()).catch(() => destroyConnection(connection))
      await running
    },
  }
}

function onlyAPersonCanMend(error: unknown): boolean {
  if (!Error.isError(error)) return false
  // 403: the user may connect, and may not use an exchange or queue that the set-up needs.
  return ['TopologyError', 'RefusedError'].includes(error.name) || ('code' in error && error.code === 403)
}
