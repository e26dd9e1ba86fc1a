import { openBenchWall } from '../bench-wall.ts'
import { figureOf, holdAgainst, holdTo, median } from '../figure.ts'
import { runFloor } from '../floors/run-floor.ts'
import { interleave } from '../interleave.ts'
import { postAtPeer } from '../load/post-at-peer.ts'
import { postByHttp } from '../load/post-http.ts'
import { postBySockets } from '../load/post-sockets.ts'
import { postThrough } from '../load/post-through.ts'
import { channelPerPartition, httpPosts, takeToken, POST_TEXT as text } from '../load/writers.ts'
import { expressMonolith } from '../peers/express-monolith.ts'
import type { Contender, Figure, Measured, Result, Suite } from '../suite.ts'

const FLOOR = 'bare quorum queue'
const BY_SOCKET = 'Parvis by WebSocket'
const ONE_CHANNEL = 'Parvis by WebSocket, one channel'
const BY_HTTP = 'Parvis by HTTP'

/** B5: durable posts a second, from the author's socket to a reader's. */
export const ingest: Suite = {
  id: 'B5',
  title: 'Durable posts a second: confirmed, stored, cached and seen',
  seconds: { quick: 45, full: 180 },
  async run(bench) {
    const [rounds, seconds] = bench.quick ? [3, 2] : [5, 6]
    const { servers } = bench
    await using ground = await servers.freshGround()
    await using wall = await openBenchWall(ground, { signal: bench.signal })
    const gateway = wall.gateways[0]!.url
    const token = await takeToken(gateway)
    const channels = channelPerPartition('ingest')
    const single = channels.slice(0, 1)
    const through = { wall, servers, ground, seconds }
    const bySockets = (on: string[]) => postBySockets({ gateway, token, channels: on, text })
    const byHttp = async () =>
      postByHttp({ to: httpPosts(gateway, token, channels), text, connections: 256, pipelined: 2 })
    const ours = (name: string, on: string[], load: Parameters<typeof postThrough>[0]['load']): Contender => {
      return { name, kind: 'ours', measure: () => postThrough({ ...through, channels: on, load }) }
    }
    const contenders: Contender[] = [
      ours(BY_SOCKET, channels, () => bySockets([...channels, ...channels])),
      ours(ONE_CHANNEL, single, () => bySockets([...single, ...single, ...single, ...single])),
      ours(BY_HTTP, channels, byHttp),
      {
        name: FLOOR,
        kind: 'floor',
        measure: (signal) => runFloor('queue-pump', { url: ground.servers.rabbitmq.url, seconds }, signal),
      },
    ]
    // Young code runs slowly, and the first post of a channel makes its row.
    bench.log('warming up')
    for (const { measure } of contenders) await measure(bench.signal)
    if (bench.peers) {
      const mysql = servers.pids.mysql === undefined ? [] : [servers.pids.mysql]
      const measure = (signal: AbortSignal) => postAtPeer(expressMonolith, { ground, servers: mysql, seconds, signal })
      contenders.push({ name: expressMonolith.name, kind: 'peer', measure })
    }
    return resultOf(await interleave(contenders, rounds, bench))
  },
}

function resultOf(measured: Measured): Result {
  const figure = (name: string, reading: string, what: string, unit: string): Figure =>
    figureOf(
      measured.filter((one) => one.name === name || one.kind !== 'ours'),
      reading,
      what,
      unit,
    )
  const bySocket = figure(BY_SOCKET, 'postsPerSecond', 'by WebSocket, a channel in each partition', 'posts/s')
  holdAgainst(bySocket, FLOOR, { atLeast: 0.3 })
  holdAgainst(bySocket, FLOOR, { atLeast: 0.45, reach: true })
  holdTo(bySocket, { atLeast: 15_000, reach: true })
  const oneChannel = figure(ONE_CHANNEL, 'postsPerSecond', 'by WebSocket, all on one channel', 'posts/s')
  const byHttp = figure(BY_HTTP, 'postsPerSecond', 'by HTTP, a channel in each partition', 'posts/s')
  holdAgainst(byHttp, FLOOR, { atLeast: 0.15 })
  holdTo(byHttp, { atLeast: 8_000, reach: true })
  const ways = [BY_SOCKET, ONE_CHANNEL, BY_HTTP]
  const frugal = ways.map((name) => {
    const one = figure(name, 'postsPerCpuSecond', `${name}: for a second of CPU, servers included`, 'posts/CPU s')
    holdAgainst(one, expressMonolith.name, { atLeast: 3 })
    return one
  })
  const kept = ways.flatMap((name) =>
    (['stored', 'seen'] as const).map((done) => {
      const one = figure(name, `${done}Percent`, `${name}: ${done}, of the accepted`, '%')
      holdTo(one, { atLeast: 100 })
      return one
    }),
  )
  return {
    figures: [bySocket, oneChannel, byHttp, ...frugal, ...kept],
    notes: ways.map((name) => noteOf(measured, name)),
  }
}

/** Where the time of one way goes. */
function noteOf(measured: Measured, name: string): string {
  const { rounds } = measured.find((one) => one.name === name)!
  const middle = (reading: string) => median(rounds.map((one) => one[reading] ?? Number.NaN))
  const parts = Object.keys(rounds[0] ?? {}).filter((reading) => reading.startsWith('cpu '))
  const cpu = parts.map((part) => `${part.slice(4)} ${middle(part).toFixed(0)}`).join(', ')
  return (
    `${name}: ${cpu} ms of CPU for 1,000 posts; the generator took ${middle('generatorPercent').toFixed(0)} % of all CPU; ` +
    `${Math.round(middle('acceptedPerSecond')).toLocaleString('en')} accepted a second, ${middle('refused')} refused.`
  )
}
