import { openBenchWall } from '../bench-wall.ts'
import { figureOf, holdAgainst, holdTo, median } from '../figure.ts'
import { runFloor } from '../floors/run-floor.ts'
import { interleave } from '../interleave.ts'
import { postByHttp } from '../load/post-http.ts'
import { postBySockets } from '../load/post-sockets.ts'
import { postThrough } from '../load/post-through.ts'
import { channelPerPartition, takeToken, POST_TEXT as text } from '../load/writers.ts'
import type { Contender, Figure, Measured, Result, Suite } from '../suite.ts'

const FLOOR = 'bare quorum queue'
const BY_SOCKET = 'Parvis by WebSocket'
const ONE_CHANNEL = 'Parvis by WebSocket, one channel'
const BY_HTTP = 'Parvis by HTTP'

/** B5: durable posts a second, from the author's socket to a reader's. */
export const b05Ingest: Suite = {
  id: 'B5',
  title: 'Durable posts a second: confirmed, stored, cached and seen',
  seconds: { quick: 60, full: 300 },
  async run(bench) {
    const [rounds, seconds] = bench.quick ? [3, 2] : [9, 6]
    await using ground = await bench.servers.freshGround()
    await using wall = await openBenchWall(ground, { signal: bench.signal })
    const gateway = wall.gateways[0]!.url
    const token = await takeToken(gateway)
    const channels = channelPerPartition('ingest')
    const [single] = channels as [string]
    const through = { wall, servers: bench.servers, ground, seconds }
    const bySockets = (on: string[]) => postBySockets({ gateway, token, channels: on, text })
    const contenders: Contender[] = [
      {
        name: BY_SOCKET,
        kind: 'ours',
        measure: () => postThrough({ ...through, channels, load: () => bySockets([...channels, ...channels]) }),
      },
      {
        name: ONE_CHANNEL,
        kind: 'ours',
        measure: () =>
          postThrough({ ...through, channels: [single], load: () => bySockets([single, single, single, single]) }),
      },
      {
        name: BY_HTTP,
        kind: 'ours',
        measure: () =>
          postThrough({
            ...through,
            channels,
            load: async () =>
              postByHttp({ to: httpPosts(gateway, token, channels), text, connections: 16, pipelined: 32 }),
          }),
      },
      {
        name: FLOOR,
        kind: 'floor',
        measure: (signal) => runFloor('queue-pump', { url: ground.servers.rabbitmq.url, seconds }, signal),
      },
    ]
    // Young code runs slowly, and the first post of a channel makes its row.
    bench.log('warming up')
    for (const { measure } of contenders) await measure(bench.signal)
    return resultOf(await interleave(contenders, rounds, bench))
  },
}

function httpPosts(gateway: string, token: string, channels: readonly string[]) {
  return channels.map((channel) => ({
    url: `${gateway}/posts`,
    headers: { authorization: `Bearer ${token}` },
    body: (text: string, id: string) => JSON.stringify({ text, channel, id }),
  }))
}

function resultOf(measured: Measured): Result {
  const only = (name: string) => measured.filter((one) => one.name === name || one.kind !== 'ours')
  const rate = (name: string, what: string) => figureOf(only(name), 'postsPerSecond', what, 'posts/s')
  const bySocket = rate(BY_SOCKET, 'by WebSocket, a channel in each partition, from post to screen')
  holdAgainst(bySocket, FLOOR, { atLeast: 0.3 })
  holdAgainst(bySocket, FLOOR, { atLeast: 0.45, reach: true })
  holdTo(bySocket, { atLeast: 15_000, reach: true })
  const oneChannel = rate(ONE_CHANNEL, 'by WebSocket, all on one channel')
  const byHttp = rate(BY_HTTP, 'by HTTP, a channel in each partition')
  holdAgainst(byHttp, FLOOR, { atLeast: 0.15 })
  holdTo(byHttp, { atLeast: 8_000, reach: true })
  const ways = [BY_SOCKET, ONE_CHANNEL, BY_HTTP]
  const stored = ways.map((name): Figure => {
    const figure = figureOf(only(name), 'storedPercent', `${name}: stored of the accepted`, '%')
    holdTo(figure, { atLeast: 100 })
    return figure
  })
  const cpu = ways.map((name) => figureOf(only(name), 'cpuMs', `${name}: CPU of wall and servers`, 'ms/1,000 posts'))
  return {
    figures: [bySocket, oneChannel, byHttp, ...cpu, ...stored],
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
