import { exchanges } from '@parvis/contracts/topology'
import { v7 as uuidv7 } from 'uuid'
import WebSocket from 'ws'
import { openSession, request } from '../load/session.ts'
import type { World } from '../world.ts'
import type { Fault } from './fault.ts'

/** Bodies that nobody can understand; `base64` for bytes that are no text. */
const unreadable = (tag: string): { payload: string; encoding?: 'base64' }[] => [
  { payload: `{"text": "${tag}` },
  { payload: `${tag}` },
  { payload: `["${tag}"]` },
  { payload: `{"text": 5, "tag": "${tag}"}` },
  { payload: `{"text": "${tag}", "colour": "red"}` },
  { payload: `{"text": "${tag} \\ud800"}` },
  { payload: `{"text": "${tag} \\u202e"}` },
  { payload: `{"type": "post.erased", "text": "${tag}"}` },
  { payload: `{"version": 2, "text": "${tag}"}` },
  { payload: `{"text": "${tag}", "channel": "no blanks please"}` },
  { payload: `{"text": "${tag}${'x'.repeat(5_000)}"}` },
  { payload: `{"tag": "${tag}", "posts": []}` },
  { payload: `${'['.repeat(2_000)}"${tag}"` },
  { payload: Buffer.from([0xff, 0xfe, 0x00, ...Buffer.from(tag)]).toString('base64'), encoding: 'base64' },
]

const badFrames = [
  '{',
  '[]',
  'null',
  '"x"',
  '{"type":"x"}',
  '{"type":"wall.subscribe","channel":5}',
  '{"type":"post.create"}',
  '{"type":"session.open","token":"x"}',
  `{"type":"wall.subscribe","channel":"wall","after":-1}`,
]

const badBodies = [
  '',
  '{',
  'null',
  '[]',
  '{"text":5}',
  '{"text":" "}',
  '{"text":"\\ud800"}',
  '{"text":"a","id":"x"}',
  '{"text":"a","__proto__":{}}',
  `{"text":"${'a'.repeat(20_000)}"}`,
]

export const badMessages: Fault = {
  number: 16,
  name: '16-bad-messages',
  title: 'messages, frames and requests that nobody can understand come from everywhere',
  touches: ['clients'],
  holdMs: 0,
  async inject(world, { journal, channels, addPoison, expect }) {
    const publish = (exchange: string, key: string, payload: string, encoding = 'string', headers = {}) =>
      world.manage('POST', `/exchanges/${world.vhost}/${exchange}/publish`, {
        properties: { headers },
        routing_key: key,
        payload,
        payload_encoding: encoding,
      })
    const roads = [
      [exchanges.commands, 'post.created.p1'],
      [exchanges.events, 'post.reviewed.p2'],
      [exchanges.events, 'post.stored.p3'],
      [exchanges.events, 'post.rejected'],
    ] as const
    for (const [exchange, key] of roads) {
      for (const { payload, encoding } of unreadable(`${key} ${uuidv7()}`)) {
        addPoison(payload)
        await publish(exchange, key, payload, encoding)
      }
    }
    // What is well-formed is taken, however odd it comes along.
    const id = uuidv7()
    const post = { clientId: id, channel: channels[0]!, author: 'Ada', text: 'by hand, with a header of 70 KiB' }
    journal.onSending({ ...post, fate: 'stored' }, `by hand ${id}`)
    const { text, channel, author } = post
    await publish(exchanges.commands, 'post.created', JSON.stringify({ id, text, channel, author }), 'string', {
      big: 'x'.repeat(70_000),
    })
    journal.onAccepted(id, { postId: id, line: `by hand ${id}`, gateway: 'by hand' })

    await tryFrames(world, expect)
    const { token } = await openSession(world.gateways)
    for (const body of badBodies) {
      const { status } = await request(world.gateways[0]!, '/posts', { body, token })
      expect('a bad request gets a 4xx', status >= 400 && status < 500, `${status} for ${body.slice(0, 40)}`)
    }
  },
}

async function tryFrames(
  { gateways }: World,
  expect: (what: string, ok: boolean, detail: string) => void,
): Promise<void> {
  const socket = new WebSocket(`${gateways[0]!.replace('http', 'ws')}/ws`, 'parvis.v1')
  const answers: string[] = []
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('open', resolve).once('close', resolve))
  const heard = (count: number) =>
    new Promise<void>((resolve) => {
      const look = setInterval(() => answers.length >= count && done(), 20)
      const timer = setTimeout(() => done(), 5_000)
      const done = () => {
        clearInterval(look)
        clearTimeout(timer)
        resolve()
      }
    })
  socket.on('message', (data) => answers.push(String(data)))
  for (const frame of badFrames) socket.send(frame)
  socket.send(Buffer.from([1, 2, 3]))
  await heard(badFrames.length + 1)
  const problems = answers.filter((answer) => answer.includes('"problem"') && !answer.includes('internal-error')).length
  expect('each bad frame gets a problem', problems === badFrames.length + 1, `${problems} of ${badFrames.length + 1}`)
  socket.send('x'.repeat(65 * 1024))
  const code = await Promise.race([closed, new Promise<number>((resolve) => setTimeout(resolve, 5_000, 0))])
  expect('a frame over 64 KiB closes the socket with 1009', code === 1009, `${code}`)
  socket.terminate()
}
