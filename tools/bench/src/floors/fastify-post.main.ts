// Floor: Fastify that validates a post and answers the same each time.
import { fastify } from 'fastify'
import { serveUntilLeft } from './serve-until-left.ts'

const uuid = { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }
const app = fastify()
app.post(
  '/posts',
  {
    schema: {
      body: {
        type: 'object',
        properties: { text: { type: 'string' }, channel: { type: 'string' }, id: uuid },
        required: ['text'],
        additionalProperties: false,
      },
    },
  },
  async (_request, reply) => reply.code(202).send({ status: 'accepted' }),
)
await serveUntilLeft(app)
