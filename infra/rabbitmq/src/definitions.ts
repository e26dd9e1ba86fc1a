import { topology } from '@parvis/contracts/topology'

/** The vhost that the file names; an import into another one (`POST /api/definitions/<vhost>`) goes by that instead. */
const vhost = '/'

/**
 * What an operator imports into a broker of their own: the topology alone, no users. A broker that loads a file without
 * users at boot locks everyone out, so it is imported after the start.
 */
const definitions = {
  exchanges: topology.exchanges.map(({ name, type }) => ({
    name,
    vhost,
    type,
    durable: true,
    auto_delete: false,
    internal: false,
    arguments: {},
  })),
  queues: topology.queues.map((queue) => ({
    name: queue.name,
    vhost,
    durable: true,
    auto_delete: false,
    arguments: queue.arguments,
  })),
  bindings: topology.bindings.map(({ source, destination, routingKey }) => ({
    source,
    vhost,
    destination,
    destination_type: 'queue',
    routing_key: routingKey,
    arguments: {},
  })),
}

export const definitionsFile = new URL('../definitions.json', import.meta.url)

/** The text that definitions.json must have. */
export const definitionsText = `${JSON.stringify(definitions, null, 2)}\n`
