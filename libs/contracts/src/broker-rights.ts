import { partitions } from './partition.ts'
import { exchanges, queues } from './topology.ts'

// What each service does at the broker, as data: its user may do this and nothing else. Nobody but the boot job (an
// administrator) makes or changes exchanges, queues and bindings.

export interface BrokerUse {
  /** Exchanges it publishes to, each with a pattern of the routing keys it may use. */
  publishes: Record<string, string>
  /** Queues it consumes. */
  consumes: string[]
  /** How the names of queues begin that it makes for itself, and the exchange that it binds them to. */
  ownQueues?: { prefix: string; boundTo: string }
}

const anyKey = '.*'
const rejected = '^post\\.rejected$'

export const brokerUse = {
  gateway: {
    publishes: {
      [exchanges.commands]: '^(post\\.created\\.p\\d+|wall\\.requested)$',
      [exchanges.updates]: '^session\\.ended$',
      // What waited in the message store for too long.
      [exchanges.parked]: anyKey,
    },
    consumes: [],
    ownQueues: { prefix: 'gateway.', boundTo: exchanges.updates },
  },
  'post-worker': {
    publishes: {
      [exchanges.events]: '^post\\.(reviewed\\.p\\d+|rejected)$',
      [exchanges.updates]: rejected,
      [exchanges.parked]: anyKey,
    },
    consumes: [...partitions.map(queues.postWorker), queues.members('post-worker')],
  },
  'db-writer': {
    publishes: {
      // post.reviewed too: an operator may hand it posts (POST /db/posts), which take the same road.
      [exchanges.events]: '^post\\.((stored|reviewed)\\.p\\d+|rejected)$',
      [exchanges.updates]: rejected,
      [exchanges.parked]: anyKey,
    },
    consumes: [...partitions.map(queues.dbWriter), queues.dbWriterRejected, queues.members('db-writer')],
  },
  'cache-worker': {
    publishes: {
      [exchanges.updates]: '^wall\\.(updated(\\..+)?|positions)$',
      [exchanges.parked]: anyKey,
    },
    consumes: [...partitions.map(queues.cacheWorker), queues.wallRequested, queues.members('cache-worker')],
  },
  'message-store': {
    // What was parked goes back to where it came from.
    publishes: { [exchanges.commands]: anyKey, [exchanges.events]: anyKey },
    consumes: [queues.parked],
  },
} satisfies Record<string, BrokerUse>

/** RabbitMQ's three patterns (what a user may make, write to and read from) for a service. */
export function brokerRights(use: BrokerUse): { configure: string; write: string; read: string } {
  const own = use.ownQueues ? [`${escaped(use.ownQueues.prefix)}.+`] : []
  // To bind a queue is to write to it and to read from the exchange.
  const boundTo = use.ownQueues ? [escaped(use.ownQueues.boundTo)] : []
  return {
    configure: oneOf(own),
    write: oneOf([...own, ...Object.keys(use.publishes).map(escaped)]),
    read: oneOf([...own, ...boundTo, ...use.consumes.map(escaped)]),
  }
}

// The broker looks for a pattern anywhere in a name, unless it is anchored; `^$` is in none.
const oneOf = (patterns: string[]) => (patterns.length > 0 ? `^(${patterns.join('|')})$` : '^$')
const escaped = (name: string) => name.replaceAll('.', '\\.')
