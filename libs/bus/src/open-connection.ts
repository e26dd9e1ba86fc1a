import { type ChannelModel, connect } from 'amqplib'
import { explain } from './errors.ts'
import { within } from './wait.ts'

// Seconds between heartbeats: a dead broker is noticed after two to three, so that posts flow again within 20 s even when
// nothing told that a connection had died. Below 5 RabbitMQ warns of false alarms.
const HEARTBEAT_S = 6
const CONNECT_MS = 10_000

/** The broker answered and said no. It says so again until a person changes a password, a permission or an address. */
export class RefusedError extends Error {
  override name = 'RefusedError'
}

/**
 * Opens one connection, within 10 s.
 * Rejects with a RefusedError when the broker knows neither the user nor the virtual host, otherwise with the reason.
 * @param name as RabbitMQ's management page shows it
 * @param signal when it is aborted, nothing is opened any more
 */
export async function openConnection(url: string, name: string, signal?: AbortSignal): Promise<ChannelModel> {
  const address = new URL(url)
  address.searchParams.set('heartbeat', String(HEARTBEAT_S))
  const opening = connect(address.href, {
    noDelay: true,
    timeout: CONNECT_MS,
    clientProperties: { connection_name: name },
  })
  try {
    return await within(CONNECT_MS, 'connect', opening, signal)
  } catch (error) {
    // It may still open after we stopped waiting; nobody would close it.
    opening.then(destroyConnection, () => {})
    throw refusal(address, explain(error)) ?? error
  }
}

/** What the error of a connection says that `destroyConnection` has ended. */
export const DROPPED = 'dropped'

/** A frozen broker never answers a close, so the socket is cut; amqplib then says that the connection has ended. */
export function destroyConnection(connection: ChannelModel): void {
  // The cut is an error to amqplib, and an error without a listener would end the process.
  connection.on('error', () => {})
  const { stream } = connection.connection as unknown as { stream: { destroy(error: Error): void } }
  stream.destroy(new Error(DROPPED))
}

function refusal(address: URL, reason: string): RefusedError | undefined {
  if (reason.includes('ACCESS_REFUSED')) {
    return new RefusedError(`the broker at ${address.host} refuses the user ${userOf(address.href)} or its password`)
  }
  // amqplib keeps the broker's own words (530, NOT_ALLOWED) to itself.
  if (reason.startsWith('Expected ConnectionOpenOk')) {
    const vhost = decodeURIComponent(address.pathname.slice(1)) || '/'
    return new RefusedError(
      `the broker at ${address.host} refuses the virtual host ${vhost}: is it there, and allowed?`,
    )
  }
  return undefined
}

/** The user that amqplib logs in as. */
export function userOf(url: string): string {
  return decodeURIComponent(new URL(url).username) || 'guest'
}
