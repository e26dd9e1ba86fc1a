import { setTimeout as delay } from 'node:timers/promises'
import { createByteCounter } from './count-bytes.ts'
import { createStamp, nextPrefix, type PostLoad, TEMPLATE_ID, untilAnswered } from './post-load.ts'
import { openRawSocket, type RawSocket, textFrame } from './raw-socket.ts'

const TICK_MS = 5
const OPENED_MS = 10_000

/**
 * Posts on WebSockets, one for each of `channels` (name one twice for two sockets on it), until it is stopped.
 * @param window posts of one socket that are not answered yet; a gateway refuses the 201st
 * @param perSecond of all sockets together, on a schedule that waits for nobody; as fast as the windows allow when absent
 */
export async function postBySockets(options: {
  gateway: string
  token: string
  channels: readonly string[]
  text: string
  window?: number
  perSecond?: number
}): Promise<PostLoad> {
  const { window = 180 } = options
  const writers = await Promise.all(options.channels.map((channel) => openWriter({ ...options, channel })))
  let stopped = false
  const sum = (of: (writer: Writer) => number) => writers.reduce((total, writer) => total + of(writer), 0)
  const timer = options.perSecond ? paced(writers, options.perSecond) : undefined
  if (!timer) {
    for (const writer of writers) {
      const fill = () => {
        const room = window - writer.open()
        // A write of many frames costs as much as one of a single frame.
        if (!stopped && room >= window / 4) writer.post(room)
      }
      writer.onAnswers(fill)
      fill()
    }
  }
  return {
    accepted: () => sum(({ accepted }) => accepted()),
    refused: () => sum(({ refused }) => refused()),
    async stop() {
      stopped = true
      clearInterval(timer)
      await untilAnswered(
        () => sum(({ open }) => open()),
        () => writers.map(({ socket }) => socket.ended()).find((why) => why !== undefined),
      )
    },
    [Symbol.dispose]() {
      stopped = true
      clearInterval(timer)
      for (const { socket } of writers) socket[Symbol.dispose]()
    },
  }
}

interface Writer {
  socket: RawSocket
  post(count: number): void
  onAnswers(listener: () => void): void
  /** Posts without an answer. */
  open(): number
  accepted(): number
  refused(): number
}

async function openWriter(to: { gateway: string; token: string; channel: string; text: string }): Promise<Writer> {
  const [isOpened, isAccepted, isProblem] = ['"session.opened"', '"post.accepted"', '"problem"'].map(createByteCounter)
  let [opened, sent, accepted, refused] = [0, 0, 0, 0]
  let listener = () => {}
  const socket = await openRawSocket(to.gateway, (chunk) => {
    if (opened === 0) opened += isOpened!(chunk)
    accepted += isAccepted!(chunk)
    refused += isProblem!(chunk)
    listener()
  })
  socket.write(textFrame(JSON.stringify({ type: 'session.open', token: to.token })))
  for (const until = performance.now() + OPENED_MS; opened === 0; await delay(2)) {
    if (refused > 0 || performance.now() > until) throw new Error('the gateway opens no session')
  }
  const frame = { type: 'post.create', id: TEMPLATE_ID, channel: to.channel, text: to.text }
  const stamp = createStamp(textFrame(JSON.stringify(frame)), nextPrefix())
  return {
    socket,
    post(count) {
      sent += count
      socket.write(stamp(count))
    },
    onAnswers: (one) => {
      listener = one
    },
    open: () => sent - accepted - refused,
    accepted: () => accepted,
    refused: () => refused,
  }
}

/** Posts in turn on all writers, as many as are due. */
function paced(writers: readonly Writer[], perSecond: number): NodeJS.Timeout {
  const started = performance.now()
  let posted = 0
  return setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
    for (; posted < due; posted++) writers[posted % writers.length]?.post(1)
  }, TICK_MS)
}
