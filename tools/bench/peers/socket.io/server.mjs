// As Socket.IO's own tutorial stores and shows a message (INSERT with the client's id UNIQUE, emit, acknowledge), with
// the Redis adapter as its README sets it up, so that more such processes could share the readers.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-adapter'
import { createClient } from 'redis'
import { Server } from 'socket.io'
import { address, runUntilTold } from '../run-peer.mjs'
import { openStore } from '../store-posts.mjs'

const storePost = await openStore(process.env.MYSQL_URL, Number(process.env.CONNECTIONS))
const pubClient = createClient({ url: process.env.REDIS_URL })
const subClient = pubClient.duplicate()
for (const client of [pubClient, subClient]) client.on('error', console.error)
await Promise.all([pubClient.connect(), subClient.connect()])

const server = createServer()
const io = new Server(server, {
  adapter: createAdapter(pubClient, subClient, { key: `${process.env.REDIS_PREFIX}socket.io` }),
  transports: ['websocket'],
  serveClient: false,
})
// Socket.IO's "Performance tuning": the first HTTP request of each socket need not be kept.
io.engine.on('connection', (rawSocket) => {
  rawSocket.request = null
})

io.on('connection', (socket) => {
  const { channel } = socket.handshake.auth
  if (channel) socket.join(channel)

  socket.on('post', async ({ channel, id, author, text }, acknowledge) => {
    try {
      const { isNew, post } = await storePost({ channel, id, author, text })
      if (isNew) io.to(channel).emit('post', post)
      acknowledge({ seq: post.seq })
    } catch (error) {
      acknowledge({ error: error.message })
    }
  })
})

server.listen({ ...address, backlog: 4096 })
await once(server, 'listening')
runUntilTold()
