import { brokerPart } from './asyncapi-broker.ts'
import { livePart } from './asyncapi-live.ts'
import { schemaTable } from './asyncapi-schemas.ts'
import { readExamples } from './examples.ts'

/**
 * The AsyncAPI 3.0 document of all that Parvis says beside HTTP: the frames of `GET /ws` and the broker's messages.
 * Made from the catalogue, the topology, the schemas and the examples, so that it cannot say anything else than they do.
 * @returns a JSON value
 */
export async function asyncApi() {
  const schemas = schemaTable()
  const live = livePart(schemas.use, await readExamples('frames'))
  const broker = brokerPart(schemas.use, await readExamples('messages'))
  return {
    asyncapi: '3.0.0',
    id: 'urn:parvis',
    info: {
      title: 'Parvis',
      version: '1',
      license: { name: 'MIT' },
      description:
        'A public wall that everyone can write on and everyone sees at once. Pages and programs speak the live protocol; the services speak through RabbitMQ. HTTP is in /openapi.json.',
    },
    defaultContentType: 'application/json',
    servers: { ...live.servers, ...broker.servers },
    channels: { ...live.channels, ...broker.channels },
    operations: { ...live.operations, ...broker.operations },
    components: { messages: { ...live.messages, ...broker.messages }, schemas: schemas.definitions() },
  }
}
