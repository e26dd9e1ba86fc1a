import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../suite.ts'
import { peers } from './all.ts'
import { installPeers } from './install-peers.ts'
import type { Peer, RunningPeer } from './peer.ts'

const SOCKETS = 20
const POSTS = 5
const LIMIT_MS = 15_000

/**
 * Starts each peer in turn with 20 readers and posts 5 texts: every reader must get each once. Logs a line a peer and
 * gives what went wrong with whom; empty when all do what they are measured for.
 */
export async function checkPeers(bench: Pick<Bench, 'servers' | 'log' | 'signal'>): Promise<string[]> {
  const problems: string[] = []
  await installPeers(bench.log, bench.signal)
  for (const peer of peers) {
    bench.signal.throwIfAborted()
    try {
      bench.log(`${peer.name}: ${await checkPeer(peer, bench)} (${await peer.versions()})`)
    } catch (error) {
      bench.signal.throwIfAborted()
      problems.push(`${peer.name}: ${(error as Error).message}`)
      bench.log(problems.at(-1) as string)
    }
  }
  return problems
}

async function checkPeer(peer: Peer, { servers, signal }: Pick<Bench, 'servers' | 'signal'>): Promise<string> {
  await using ground = await servers.freshGround()
  const began = performance.now()
  let said: string
  let pids: number[]
  {
    await using running = await peer.start(ground, signal)
    const startMs = Math.round(performance.now() - began)
    pids = running.pids()
    said = `${await seeDelivered(running, peer.durable, signal)}, up in ${startMs} ms, ${pids.length} processes`
  }
  await until(`processes ${pids.join(', ')} are gone`, () => !pids.some(isAlive), signal)
  return said
}

async function seeDelivered(running: RunningPeer, durable: boolean, signal: AbortSignal): Promise<string> {
  const readers = Array.from({ length: SOCKETS }, () => openReader(running))
  try {
    // A reader is in when it has seen a post; some servers answer the upgrade before they have subscribed it.
    await postUntilSeen(running, readers, signal)
    for (let i = 0; i < POSTS; i++) await running.post(`bench-check-${i} "é€😀`)
    if (running.httpPost && durable) await postTwice(running.httpPost)
    // To one socket posts go in order, so whatever comes twice comes before the last.
    await running.post('bench-last')
    await until('every reader has the last post', () => readers.every(hasSeen('bench-last')), signal)
    // As JSON, JSON in JSON or plain: what is looked for is what all have in common.
    const delivered = readers.map(({ seen }) => seen.filter((frame) => /bench-check-\d.*é€😀/s.test(frame)).length)
    if (delivered.some((one) => one !== POSTS)) throw new Error(`readers got ${delivered.join(', ')} of ${POSTS}`)
    if (readers.some(({ seen }) => seen.filter((frame) => frame.includes('bench-twice')).length > 1)) {
      throw new Error('a post sent twice with one id was shown twice')
    }
    return `${delivered.reduce((sum, one) => sum + one, 0)} of ${SOCKETS * POSTS} deliveries`
  } finally {
    for (const { socket } of readers) socket.close()
  }
}

async function postUntilSeen(running: RunningPeer, readers: Reader[], signal: AbortSignal): Promise<void> {
  let number = 0
  await until(
    'every reader is let in',
    async () => {
      await running.post(`bench-hello-${number++}`)
      return readers.every(hasSeen('bench-hello-'))
    },
    signal,
  )
}

const hasSeen = (text: string) => (reader: Reader) => reader.seen.some((frame) => frame.includes(text))

async function until(what: string, is: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  const limit = performance.now() + LIMIT_MS
  while (!(await is())) {
    if (performance.now() > limit) throw new Error(`not after ${LIMIT_MS / 1000} s: ${what}`)
    await delay(50, undefined, { signal })
  }
}

interface Reader {
  socket: WebSocket
  seen: string[]
}

function openReader({ url, subprotocol, hello }: RunningPeer): Reader {
  const socket = new WebSocket(url, subprotocol ? [subprotocol] : [])
  const seen: string[] = []
  socket.addEventListener('message', ({ data }) => seen.push(String(data)))
  once(socket, 'open').then(
    () => {
      for (const frame of hello) socket.send(frame)
    },
    // The check says that a reader was not let in.
    () => {},
  )
  return { socket, seen }
}

async function postTwice({ url, headers, body }: NonNullable<RunningPeer['httpPost']>): Promise<void> {
  for (const _ of [1, 2]) {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: body('bench-twice', '00000000-0000-4000-8000-000000000001'),
    })
    if (!answer.ok) throw new Error(`POST ${url}: ${answer.status}`)
    await answer.body?.cancel()
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
