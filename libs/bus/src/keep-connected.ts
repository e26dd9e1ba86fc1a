import { type ChannelModel, connect } from 'amqplib'
import type { Logger } from 'pino'
import { explain, TransientError } from './errors.ts'
import { backOffMs, pause, within } from './wait.ts'

// Seconds between heartbeats: a dead broker is noticed after two to three. Below 5 RabbitMQ warns of false alarms.
const HEARTBEAT_S = 8
const CALL_MS = 10_000

export interface KeptConnection {
  /** Resolves at the first connection that is set up. Rejects after `firstMs` without one, at once with a TopologyError. */
  ready: Promise<void>
  /** Ends the connection now; it comes back by itself. For a broker that no longer answers. */
  drop(reason: string): void
  close(): Promise<void>
}

/**
 * Keeps one connection to the broker: connects, sets up, waits for its end, and begins again with back-off.
 * Our own loop rather than amqplib's `recovery`, which never notices a connection that is lost during set-up.
 * @param setUp called for each new connection; the connection may end at any moment in it
 * @param onDown called when a connection that was set up has ended
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
    const connection = await within(CALL_MS, 'connect', open(options.url, name))
    const ended = Promise.withResolvers<string>()
    // Without this listener a lost connection would be an uncaught error.
    connection.on('error', (error) =>
      log.warn({ connection: name, reason: explain(error) }, 'broker connection failed'),
    )
    connection.on('close', (error) => ended.resolve(error ? explain(error) : 'closed'))
    current = connection
    try {
      const lostInSetUp = ended.promise.then((reason) => {
        throw new TransientError('connection-lost', reason)
      })
      await Promise.race([within(2 * CALL_MS, 'set-up', options.setUp(connection)), lostInSetUp])
    } catch (error) {
      destroy(connection)
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
        log.warn({ connection: name, attempt, reason: explain(error) }, 'broker not reached')
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
      if (!current) return
      log.warn({ connection: name, reason }, 'broker connection dropped')
      destroy(current)
    },
    async close() {
      closing.abort()
      const connection = current
      if (connection) await within(2_000, 'close', connection.close()).catch(() => destroy(connection))
      await running
    },
  }
}

function onlyAPersonCanMend(error: unknown): boolean {
  return Error.isError(error) && error.name === 'TopologyError'
}

async function open(url: string, name: string): Promise<ChannelModel> {
  const address = new URL(url)
  address.searchParams.set('heartbeat', String(HEARTBEAT_S))
  return connect(address.href, {
    noDelay: true,
    timeout: CALL_MS,
    clientProperties: { connection_name: name },
  })
}

/** A frozen broker never answers a close, so the socket is cut; amqplib then says that the connection has ended. */
function destroy(connection: ChannelModel): void {
  const { stream } = connection.connection as unknown as { stream: { destroy(error: Error): void } }
  stream.destroy(new Error('dropped'))
}
