import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { compileC } from './compile-c.ts'
import type { Histogram } from './histogram.ts'

export interface ReaderReport {
  /** Sockets that are open now. */
  open: number
  frames: number
  bytes: number
  /** Posts that sockets received: one post at a thousand sockets is a thousand. */
  deliveries: number
  /** Sockets that the server closed. */
  closed: number
  /** Connections that were refused and tried again. */
  redials: number
  snapshots: number
  /** Sequences of a wall that a socket was not shown, or twice. */
  holes: number
  doubled: number
  /** From a post's intended time to each socket's having it, µs. */
  latency: Histogram
  /** From the order to open (or redial) to each socket's first frame, µs. */
  greeting: Histogram
}

export interface ReaderEvents {
  /** All of this reader's sockets have the post. Times of CLOCK_MONOTONIC in ns, as process.hrtime.bigint() gives. */
  onReached(post: number, intended: bigint, last: bigint): void
}

export type Reader = Awaited<ReturnType<typeof startReader>>

/** Starts one raw reader of `url` (ws://…): at most 19,900 sockets, by the files a process may have open. */
export async function startReader(url: string, subprotocol: string | undefined, events: ReaderEvents) {
  const { hostname, port, pathname, search } = new URL(url)
  const child = spawn(await compileC('reader'), [hostname, port || '80', pathname + search, subprotocol ?? ''], {
    // In a group of its own: a Ctrl-C in the terminal must not end it under our hands.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  child.stdin.on('error', () => {})
  const waiting = new Map<string, PromiseWithResolvers<unknown>>()
  const failures: string[] = []
  const words = createInterface({ input: child.stdout })
  words.on('line', (line) => {
    const said = JSON.parse(line)
    if (said.event === 'reached') events.onReached(said.post, BigInt(said.intended), BigInt(said.last))
    else if (said.event === 'failed') failures.push(said.why)
    else waiting.get(said.event)?.resolve(said)
  })
  void ended.then(() => {
    for (const { reject } of waiting.values())
      reject(new Error(`the reader has ended: ${failures.at(-1) ?? 'unasked'}`))
  })
  const say = (line: string) => child.stdin.write(`${line}\n`)

  /** Resolves when the reader says so next; rejects after `limitMs`. */
  async function next(event: string, limitMs: number): Promise<unknown> {
    const heard = Promise.withResolvers<unknown>()
    waiting.set(event, heard)
    const late = setTimeout(
      () => heard.reject(new Error(`no ${event} within ${limitMs / 1000} s: ${failures.at(-1) ?? 'no word why'}`)),
      limitMs,
    )
    return await heard.promise.finally(() => {
      clearTimeout(late)
      waiting.delete(event)
    })
  }

  return {
    pid: child.pid as number,
    /** What each socket says after the upgrade. `%last%` and `%epoch%` stand for the socket's own. */
    setHello(frames: readonly string[]): void {
      say('hellos none')
      for (const frame of frames) say(`hello ${escaped(frame)}`)
    },
    /** Opens so many more; resolves when all are connected, or, with `greeted`, have got a first frame. */
    open(sockets: number, { greeted, limitMs }: { greeted: boolean; limitMs: number }): Promise<unknown> {
      const done = next(greeted ? 'greeted' : 'connected', limitMs)
      say(`open ${sockets}`)
      return done
    },
    /** Closes all at once and opens them anew; resolves when each has got its first frame. */
    redial(limitMs: number): Promise<unknown> {
      const done = next('greeted', limitMs)
      say('redial')
      return done
    },
    /** Counts from 0; resolves when it does. */
    reset(): Promise<unknown> {
      const done = next('reset', 30_000)
      say('reset')
      return done
    },
    async report(): Promise<ReaderReport> {
      const said = next('report', 30_000)
      say('report')
      return (await said) as ReaderReport
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(late)
    },
  }
}

function escaped(text: string): string {
  const names: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\0': '\\0' }
  return text.replaceAll(/[\\\n\r\0]/g, (character) => names[character] as string)
}
