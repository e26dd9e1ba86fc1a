import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What one direction of one connection may hold while it is delayed; then the sender is no longer read. */
const MOST_HELD_BYTES = 1024 * 1024
/** Of each chunk so many bytes go one by one, the rest in small pieces: every frame's head is cut everywhere. */
const SINGLE_BYTES = 64
const PIECE_BYTES = 1024

export interface HostileProxy {
  port: number
  /** `address` with this proxy's host and port in place of the server's. */
  through(address: string): string
  /** Where new connections go from now on: a server may come back on another port. */
  aim(address: string): void
  /** Resets all connections (TCP RST). */
  reset(): void
  /** Resets all connections and refuses new ones, until false. */
  refuse(on: boolean): void
  /** From now on nothing passes and nothing ends on any connection; what was open then stays so after false. */
  halfOpen(on: boolean): void
  /** Holds everything back by so many milliseconds. */
  delay(ms: number): void
  /** Cuts everything into single bytes and small pieces. */
  chop(on: boolean): void
  /** Resets each new connection after up to so many milliseconds: while it is being set up. 0 ends it. */
  resetYoung(mostMs: number): void
  close(): Promise<void>
}

/** A TCP proxy that does to its connections what networks do. */
export async function createHostileProxy(target: string): Promise<HostileProxy> {
  let aimed = new URL(target)
  let refusing = false
  let holding = false
  let delayMs = 0
  let chopping = false
  let youngMs = 0
  const pairs = new Set<{ near: Socket; far: Socket; dead: boolean }>()

  const server = createServer({ noDelay: true }, (near) => {
    if (refusing) return near.resetAndDestroy()
    const far = connect({ port: Number(aimed.port), host: aimed.hostname, noDelay: true })
    const pair = { near, far, dead: holding }
    pairs.add(pair)
    pump(near, far, pair)
    pump(far, near, pair)
    if (youngMs > 0) setTimeout(() => drop(pair), Math.random() * youngMs).unref()
  })

  function pump(from: Socket, to: Socket, pair: { dead: boolean }): void {
    let held = 0
    let last: Promise<void> = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      if (pair.dead) return
      if (delayMs === 0 && !chopping && held === 0) {
        if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        return
      }
      held += chunk.length
      if (held > MOST_HELD_BYTES) from.pause()
      const due = Date.now() + delayMs
      last = last.then(async () => {
        const wait = due - Date.now()
        if (wait > 0) await sleep(wait)
        if (!pair.dead && !to.destroyed) await write(to, chunk)
        held -= chunk.length
        if (held <= MOST_HELD_BYTES) from.resume()
      })
    })
    from.on('error', () => {})
    from.on('end', () => !pair.dead && void last.then(() => to.end()))
    from.on('close', (failed) => {
      if (pair.dead) return
      if (failed) to.resetAndDestroy()
      else void last.then(() => to.end())
      for (const one of pairs) if (one.near.destroyed && one.far.destroyed) pairs.delete(one)
    })
  }

  async function write(to: Socket, chunk: Buffer): Promise<void> {
    if (!chopping) return void to.write(chunk)
    for (let at = 0; at < chunk.length; ) {
      const size = at < SINGLE_BYTES ? 1 : PIECE_BYTES
      if (!to.write(chunk.subarray(at, at + size))) {
        await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => {})
      }
      at += size
      // A turn of the loop between two writes, else the kernel joins them again.
      if (at <= SINGLE_BYTES) await new Promise(setImmediate)
    }
  }

  function drop(pair: { near: Socket; far: Socket; dead: boolean }): void {
    pair.dead = false
    pair.near.resetAndDestroy()
    pair.far.resetAndDestroy()
    pairs.delete(pair)
  }
  const reset = () => {
    for (const pair of [...pairs]) drop(pair)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    through(address) {
      const url = new URL(address)
      url.hostname = '127.0.0.1'
      url.port = String(port)
      return url.href
    },
    aim(address) {
      aimed = new URL(address)
    },
    reset,
    refuse(on) {
      refusing = on
      if (on) reset()
    },
    halfOpen(on) {
      holding = on
      if (on) for (const pair of pairs) pair.dead = true
    },
    delay(ms) {
      delayMs = ms
    },
    chop(on) {
      chopping = on
    },
    resetYoung(mostMs) {
      youngMs = mostMs
    },
    async close() {
      server.close()
      reset()
      await once(server, 'close')
    },
  }
}
