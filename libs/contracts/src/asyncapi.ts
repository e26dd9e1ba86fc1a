import { brokerPart } from './asyncapi-broker.ts'
import { livePart } from './asyncapi-live.ts'
import { readExamples } from './examples.ts'
import { Entry, Post } from './post.ts'
import { SubmittedPost } from './post-created.ts'
import { Refusal } from './post-rejected.ts'
import { ReviewedPost } from './post-reviewed.ts'
import { StoredPost } from './post-stored.ts'
import { shareSchemas } from './share-schemas.ts'

const shared = { Post, Entry, SubmittedPost, ReviewedPost, StoredPost, Refusal }

/**
 * The AsyncAPI 3.0 document of all that Parvis says beside HTTP: the frames of `GET /ws` and the broker's messages.
 * Made from the catalogue, the topology, the schemas and the examples, so that it cannot say anything else than they do.
 * @returns a JSON value
 */
export async function asyncApi() {
  const live = livePart(await readExamples('frames'))
  const broker = brokerPart(await readExamples('messages'))
  const { value: messages, definitions } = shareSchemas({ ...live.messages, ...broker.messages }, shared)
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
    components: { messages, schemas: definitions },
  }
}
