// Floor: Fastify that answers with what one range read of Redis gives, as it is.
import { windowKeys } from '@parvis/storage/window'
import { fastify } from 'fastify'
import { Redis } from 'ioredis'
import { serveUntilLeft } from './serve-until-left.ts'

const { url, prefix, entries } = JSON.parse(process.env.FLOOR ?? '{}') as {
  url: string
  prefix: string
  entries: number
}
const [open, comma, close] = ['{"entries":[', ',', ']}'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]
const redis = new Redis(url)
const app = fastify()
app.get('/posts', async (request, reply) => {
  const [key] = windowKeys(prefix, (request.query as { channel: string }).channel)
  const found = await redis.zrangeBuffer(key, `-${entries}`, '-1')
  const parts = found.flatMap((entry, index) => (index === 0 ? [entry] : [comma, entry]))
  return reply.type('application/json; charset=utf-8').send(Buffer.concat([open, ...parts, close]))
})
await serveUntilLeft(app)
