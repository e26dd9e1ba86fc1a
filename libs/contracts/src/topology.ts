import { partitions } from './partition.ts'

// What the broker holds, as data, once. infra/rabbitmq/definitions.json is made from it; the boot job declares it.

export type MessageType =
  | 'post.created'
  | 'wall.requested'
  | 'post.reviewed'
  | 'post.stored'
  | 'post.rejected'
  | 'wall.updated'
  | 'wall.positions'
  | 'session.ended'

export const exchanges = {
  /** Commands. No alternate exchange: it would hide that a command reached no queue. */
  commands: 'wall.commands',
  /** The steps of a post's journey, each kept in a queue until it is done. */
  events: 'wall.events',
  /** What every gateway hears. Nothing is kept here: who missed something asks for it. */
  updates: 'wall.updates',
  parked: 'parvis.parked',
} as const

export interface Exchange {
  name: string
  type: 'topic' | 'fanout'
}
export interface Queue {
  name: string
  arguments: Record<string, string | number | boolean>
}
export interface Binding {
  source: string
  destination: string
  routingKey: string
}

const MiB = 1024 * 1024
const HOUR_MS = 3_600_000

// At the bound the broker refuses the publish, so the publisher knows and waits or says so: nothing is dropped.
const bounded = (bytes: number) => ({ 'x-max-length-bytes': bytes, 'x-overflow': 'reject-publish' })

const quorum = (bytes: number) => ({
  'x-queue-type': 'quorum',
  // Far above any count that a living system reaches. Absent means 20 and then loss on RabbitMQ 4; -1 parks at the
  // first requeue on 3.10.
  'x-delivery-limit': 1_000_000,
  'x-dead-letter-exchange': exchanges.parked,
  'x-dead-letter-strategy': 'at-least-once',
  ...bounded(bytes),
})

// One process at a time handles a partition, in order; the others stand by.
const lane = { ...quorum(512 * MiB), 'x-single-active-consumer': true }

export const queues = {
  postWorker: (partition: number) => `post-worker.p${partition}`,
  dbWriter: (partition: number) => `db-writer.p${partition}`,
  dbWriterRejected: 'db-writer.rejected',
  cacheWorker: (partition: number) => `cache-worker.p${partition}`,
  wallRequested: 'cache-worker.wall-requested',
  parked: 'parvis.parked',
  /** Always empty: how many consume it says how many processes share the partitions. */
  members: (service: SharingService) => `${service}.members`,
} as const

const sharingServices = ['post-worker', 'db-writer', 'cache-worker'] as const
export type SharingService = (typeof sharingServices)[number]

export const topology: { exchanges: Exchange[]; queues: Queue[]; bindings: Binding[] } = {
  exchanges: [
    { name: exchanges.commands, type: 'topic' },
    { name: exchanges.events, type: 'topic' },
    { name: exchanges.updates, type: 'topic' },
    { name: exchanges.parked, type: 'fanout' },
  ],
  queues: [
    ...partitions.map((k) => ({ name: queues.postWorker(k), arguments: lane })),
    ...partitions.map((k) => ({ name: queues.dbWriter(k), arguments: lane })),
    ...partitions.map((k) => ({ name: queues.cacheWorker(k), arguments: lane })),
    { name: queues.dbWriterRejected, arguments: quorum(64 * MiB) },
    {
      // Questions, worthless after ten seconds: a classic queue that lets them expire, not a lane.
      name: queues.wallRequested,
      arguments: { 'x-queue-type': 'classic', 'x-message-ttl': 10_000, ...bounded(16 * MiB) },
    },
    {
      // The end of the road, so it dead-letters nowhere. Two weeks for a person to look.
      name: queues.parked,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 1_000_000,
        'x-message-ttl': 14 * 24 * HOUR_MS,
        ...bounded(256 * MiB),
      },
    },
    ...sharingServices.map((service) => ({
      name: queues.members(service),
      arguments: { 'x-queue-type': 'classic', ...bounded(MiB) },
    })),
  ],
  bindings: [
    ...partitions.map((k) => bind(exchanges.commands, queues.postWorker(k), `post.created.p${k}`)),
    // By hand nobody computes a partition; post-worker sends each post on in the lane of its channel.
    bind(exchanges.commands, queues.postWorker(0), 'post.created'),
    bind(exchanges.commands, queues.wallRequested, 'wall.requested'),
    ...partitions.map((k) => bind(exchanges.events, queues.dbWriter(k), `post.reviewed.p${k}`)),
    ...partitions.map((k) => bind(exchanges.events, queues.cacheWorker(k), `post.stored.p${k}`)),
    bind(exchanges.events, queues.dbWriterRejected, 'post.rejected'),
    bind(exchanges.parked, queues.parked, ''),
  ],
}

function bind(source: string, destination: string, routingKey: string): Binding {
  return { source, destination, routingKey }
}

/** What one gateway listens to; the queue is its own, new for each connection, and vanishes with it. */
export function gatewayQueue(instance: string, connection: number): Queue & { routingKeys: string[] } {
  return {
    name: `gateway.${instance}.${connection}`,
    // A gateway that cannot keep up loses the oldest first; the positions tell it, and it asks for what it missed.
    arguments: { 'x-queue-type': 'classic', 'x-max-length-bytes': 64 * MiB, 'x-overflow': 'drop-head' },
    routingKeys: ['wall.updated', `wall.updated.${instance}`, 'wall.positions', 'post.rejected', 'session.ended'],
  }
}
