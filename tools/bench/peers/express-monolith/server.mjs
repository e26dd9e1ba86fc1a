// The whole wall in one process: Express takes a post, MySQL stores it, ws shows it. Answered after the commit.
import { once } from 'node:events'
import { createServer } from 'node:http'
import express from 'express'
import WebSocket, { WebSocketServer } from 'ws'
import { address, runUntilTold } from '../run-peer.mjs'
import { openStore } from '../store-posts.mjs'

const storePost = await openStore(process.env.MYSQL_URL, Number(process.env.CONNECTIONS))
const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.use(express.json({ limit: '16kb' }))

app.post('/posts', async (request, response) => {
  const { channel, id, author, text } = request.body ?? {}
  if ([channel, id, author, text].some((value) => typeof value !== 'string' || value === '')) {
    response.status(400).json({ error: 'channel, id, author and text are needed' })
    return
  }
  const { isNew, post } = await storePost({ channel, id, author, text })
  if (isNew) broadcast(post)
  response.status(isNew ? 201 : 200).json({ seq: post.seq, id })
})

const server = createServer(app)
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => socket.on('error', console.error))

function broadcast(post) {
  // Encoded once for all.
  const data = Buffer.from(JSON.stringify(post))
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false })
  }
}

server.listen({ ...address, backlog: 4096 })
await once(server, 'listening')
runUntilTold()
