// Floor: Fastify that sends the same bytes each time.
import { fastify } from 'fastify'
import { serveUntilLeft } from './serve-until-left.ts'

const { page } = JSON.parse(process.env.FLOOR ?? '{}') as { page: string }
const bytes = Buffer.from(page)
const app = fastify()
app.get('/posts', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(bytes)
})
await serveUntilLeft(app)
