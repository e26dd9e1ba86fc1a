// Floor: what RabbitMQ does with one quorum queue and nothing around it. Publishes, awaits confirms, consumes, acks.
import { once } from 'node:events'
import { connect } from 'amqplib'

const { url, seconds } = JSON.parse(process.env.FLOOR ?? '{}') as { url: string; seconds: number }
const WINDOW = 500
const PREFETCH = 1_000
const ACK_EVERY = 100
const BODY = Buffer.alloc(300, 'x')
const QUEUE = `pump-${process.pid}`

// Like the wall: one connection to publish, one to consume.
const [publishing, consuming] = await Promise.all([connect(url, { noDelay: true }), connect(url, { noDelay: true })])
const out = await publishing.createConfirmChannel()
const incoming = await consuming.createChannel()
await out.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
await incoming.prefetch(PREFETCH)

let [sent, confirmed, consumed] = [0, 0, 0]
let sending = true
const done = Promise.withResolvers<void>()

function publish(): void {
  while (sending && sent - confirmed < WINDOW) {
    sent++
    out.sendToQueue(QUEUE, BODY, { persistent: true }, (error) => {
      if (error) return done.reject(error)
      confirmed++
      publish()
    })
  }
}

await incoming.consume(QUEUE, (message) => {
  if (!message) return done.reject(new Error('the queue is gone'))
  consumed++
  const last = !sending && consumed === sent
  if (last || consumed % ACK_EVERY === 0) incoming.ack(message, true)
  if (last) done.resolve()
})
const started = performance.now()
publish()
setTimeout(() => {
  sending = false
  if (consumed === sent) done.resolve()
}, seconds * 1000)
await done.promise
const took = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage()
await out.deleteQueue(QUEUE)
await Promise.all([publishing.close(), consuming.close()])
process.stdout.write(`${JSON.stringify({ postsPerSecond: consumed / took, clientCpuMs: (user + system) / 1000 })}\n`)
if (process.stdout.writableLength > 0) await once(process.stdout, 'drain')
