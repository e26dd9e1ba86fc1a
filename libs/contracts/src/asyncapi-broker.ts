import { messageOf, ref } from './asyncapi-parts.ts'
import { messages as kinds } from './catalogue.ts'
import { type Example, examplesOf } from './examples.ts'
import { partitions } from './partition.ts'
import { type Binding, exchanges, gatewayQueue, type MessageType, type Queue, topology } from './topology.ts'

// The broker's part of the document, read off the topology: a channel for each routing key and for each queue, and an
// operation for each. The lanes are one channel with a parameter.

const parameters: Record<string, object> = {
  partition: { description: 'crc32 of the canonical channel, modulo 4', enum: partitions.map(String) },
  instance: { description: 'the name of one gateway' },
  connection: { description: 'counts the connections of a gateway' },
}

// A gateway's queue has a name of its own for each connection; here it stands once.
const ofGateway = gatewayQueue('{instance}', 0)
const gatewayName = ofGateway.name.replace(/0$/, '{connection}')
const queues: (Queue & { exclusive?: true })[] = [
  ...topology.queues,
  { name: gatewayName, arguments: ofGateway.arguments, exclusive: true },
]
const bindings: Binding[] = [
  ...topology.bindings,
  ...ofGateway.routingKeys.map((routingKey) => ({ source: exchanges.updates, destination: gatewayName, routingKey })),
]

/** `post.reviewed.p3` and its siblings as one address. */
const lanes = (name: string) => name.replace(/\.p\d$/, '.p{partition}')

/** What comes with a routing key: the type that it names; a gateway is answered with either of two. */
function typesOf(routingKey: string): MessageType[] {
  const all = Object.keys(kinds) as MessageType[]
  if (routingKey === '') return all
  if (routingKey === 'wall.updated.{instance}') return ['wall.updated', 'wall.positions']
  return all.filter((type) => type === routingKey.replace('.p{partition}', ''))
}

/** A routing key or a queue as a channel of the document. */
function place(
  address: string,
  types: readonly MessageType[],
  { description, ...amqp }: { description: string; [binding: string]: unknown },
) {
  const found = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  return {
    // A fanout exchange has no routing key.
    address: address === '' ? null : address,
    description,
    servers: [ref('servers', 'broker')],
    messages: Object.fromEntries(types.map((type) => [type, ref('components', 'messages', type)])),
    ...(found.length > 0 && { parameters: Object.fromEntries(found.map((name) => [name, parameters[name]])) }),
    bindings: { amqp: { ...amqp, bindingVersion: '0.3.0' } },
  }
}

function act(action: 'send' | 'receive', id: string, types: readonly MessageType[], amqp: object) {
  return {
    action,
    channel: ref('channels', id),
    messages: types.map((type) => ref('channels', id, 'messages', type)),
    bindings: { amqp: { ...amqp, bindingVersion: '0.3.0' } },
  }
}

function published() {
  return bindings.map(({ source, routingKey, destination }) => {
    const address = lanes(routingKey)
    const id = address === '' ? source : `${source}/${address}`
    const types = typesOf(address)
    const exchange = topology.exchanges.find(({ name }) => name === source)
    // A bare `post.created` goes to one lane, the others each to their own.
    const to = address === routingKey ? destination : lanes(destination)
    const channel = place(address, types, {
      description: `What is published to ${source}${address && ` as ${address}`}; it goes to ${to}.`,
      is: 'routingKey',
      exchange: { ...exchange, durable: true, autoDelete: false },
    })
    // Of broadcasts nobody need hear; every other message that finds no queue comes back to its publisher.
    return {
      id,
      channel,
      operation: act('send', id, types, { deliveryMode: 2, mandatory: source !== exchanges.updates }),
    }
  })
}

function consumed() {
  return queues.flatMap(({ name, arguments: args, exclusive = false }) => {
    const keys = bindings.filter(({ destination }) => destination === name).map(({ routingKey }) => lanes(routingKey))
    const types = [...new Set(keys.flatMap(typesOf))]
    // The members' queues only count consumers.
    if (types.length === 0) return []
    const address = lanes(name)
    const id = `queue/${address}`
    const channel = place(address, types, {
      description: `The queue ${address}, declared with ${JSON.stringify(args)}.`,
      is: 'queue',
      queue: { name: address, durable: !exclusive, exclusive, autoDelete: false },
      'x-arguments': args,
    })
    return [{ id, channel, operation: act('receive', id, types, { ack: true }) }]
  })
}

export function brokerPart(examples: readonly Example[]) {
  const places = [...published(), ...consumed()]
  return {
    servers: {
      broker: {
        host: '{host}',
        protocol: 'amqp',
        protocolVersion: '0.9.1',
        description: 'RabbitMQ 3.10 to 4.3. A body that fits is all that a message needs: no property is required.',
        variables: { host: { default: '127.0.0.1:5672', description: 'the host and port of RabbitMQ' } },
      },
    },
    channels: Object.fromEntries(places.map(({ id, channel }) => [id, channel])),
    operations: Object.fromEntries(places.map(({ id, operation }) => [`${operation.action}.${id}`, operation])),
    messages: Object.fromEntries(
      Object.entries(kinds).map(([type, kind]) => [
        type,
        {
          ...messageOf(type, kind, examplesOf(type, examples)),
          bindings: { amqp: { messageType: type, bindingVersion: '0.3.0' } },
        },
      ]),
    ),
  }
}
