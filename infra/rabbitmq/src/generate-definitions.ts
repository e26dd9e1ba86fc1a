import { readFile, writeFile } from 'node:fs/promises'
import { topology } from '@parvis/contracts/topology'

// Writes definitions.json from the topology: what an operator imports into a broker of their own (topology alone, no
// users: a broker that loads a file without users at boot locks everyone out, so import it after the start).
// With --check it only compares, and fails when the file is not what the topology says.

const file = new URL('../definitions.json', import.meta.url)
const vhost = '/'

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
const text = `${JSON.stringify(definitions, null, 2)}\n`

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error('infra/rabbitmq/definitions.json is not what the topology says: npm run generate')
    process.exit(1)
  }
} else {
  await writeFile(file, text)
  console.log('infra/rabbitmq/definitions.json written')
}
