import specification from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' }
import { Ajv } from 'ajv'
import { asyncApi } from './asyncapi.ts'
import { clientFrames, gatewayFrames, messages } from './catalogue.ts'
import { topology } from './topology.ts'

const document = await asyncApi()
const wire = JSON.parse(JSON.stringify(document))
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
const isAsyncApi = ajv.compile(specification)
// Not the whole: Ajv takes its `id` for a keyword of old.
ajv.addSchema({ components: wire.components }, 'document')

test('is AsyncAPI 3.0 by the official schema', () => {
  isAsyncApi(wire)
  expect(isAsyncApi.errors ?? []).toEqual([])
  expect(isAsyncApi({ ...wire, operations: { broken: { action: 'shout' } } })).toBe(false)
})

test('has every message and every frame', () => {
  const frames = Object.keys({ ...clientFrames, ...gatewayFrames }).map((type) => `frame.${type}`)
  expect(Object.keys(wire.components.messages).sort()).toEqual([...Object.keys(messages), ...frames].sort())
})

test('refers only to what it has', () => {
  const references = [...JSON.stringify(wire).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer ?? '')
  expect(references.length).toBeGreaterThan(100)
  for (const pointer of references) expect([pointer, at(pointer)]).toEqual([pointer, expect.any(Object)])
})

test.each(Object.entries<Message>(wire.components.messages))(
  'shows examples of %s that fit its payload',
  (id, message) => {
    const fits = ajv.compile({ $ref: `document#/components/messages/${id}/payload` })
    expect(message.examples).not.toEqual([])
    for (const { name, payload } of message.examples) {
      fits(payload)
      expect([name, fits.errors ?? []]).toEqual([name, []])
    }
    expect(fits({ type: 'something else' })).toBe(false)
  },
)

test('has each queue that takes a message, with its arguments, and each routing key with its exchange', () => {
  for (const { source, destination, routingKey } of topology.bindings) {
    const lane = (name: string) => name.replace(/\.p\d$/, '.p{partition}')
    const queue = topology.queues.find(({ name }) => name === destination)
    expect(wire.channels[`queue/${lane(destination)}`].bindings.amqp['x-arguments']).toEqual(queue?.arguments)
    const key = wire.channels[routingKey === '' ? source : `${source}/${lane(routingKey)}`]
    expect(key.bindings.amqp).toMatchObject({ is: 'routingKey', exchange: { name: source, durable: true } })
  }
})

interface Message {
  examples: { name: string; payload: unknown }[]
}

/** What a JSON pointer leads to in the document. */
function at(pointer: string): unknown {
  const parts = pointer.slice(1).split('/')
  return parts.reduce((value, part) => value?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], wire)
}
