import { connect, createServer, type Socket } from 'node:net'

/**
 * A TCP proxy to a server that tests share: `cut` is for one test what the server's death would be for all, `freeze`
 * what its standstill would be.
 */
export async function cuttableProxy(target: string) {
  const { hostname, port } = new URL(target)
  const lines = new Set<{ near: Socket; far: Socket }>()
  let isCut = false
  let spoken = 0
  let refused = 0
  let frozen: { up: boolean; down: boolean } = { up: false, down: false }
  const flow = (line: { near: Socket; far: Socket }) => {
    pass(line.near, line.far, !frozen.up)
    pass(line.far, line.near, !frozen.down)
  }
  const server = createServer((near) => {
    if (isCut) {
      refused++
      return near.destroy()
    }
    const line = { near, far: connect(Number(port), hostname) }
    lines.add(line)
    near.on('data', () => spoken++)
    for (const [from, to] of [
      [line.near, line.far],
      [line.far, line.near],
    ] as const) {
      from.on('error', () => to.destroy())
      from.on('close', () => {
        lines.delete(line)
        to.destroy()
      })
    }
    flow(line)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(address.port)
  const drop = () => {
    for (const { near, far } of lines) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
  return {
    url: url.href,
    /** How often clients spoke to the server so far: the trips of those that wait for each answer. */
    trips: () => spoken,
    /** Connections that were asked for while it was cut. */
    refused: () => refused,
    /** Lets no new connection through; those that are open stay. */
    refuse() {
      isCut = true
    },
    /** Ends the open connections; new ones are let through. */
    drop,
    cut() {
      isCut = true
      drop()
    },
    mend() {
      isCut = false
    },
    /** From now on no byte passes, on old connections and new ones, which are taken all the same. @param what `answers`: only the server falls silent */
    freeze(what: 'all' | 'answers' = 'all') {
      frozen = { up: what === 'all', down: true }
      for (const line of lines) flow(line)
    },
    /** What was held back passes now. */
    thaw() {
      frozen = { up: false, down: false }
      for (const line of lines) flow(line)
    },
    /** Says these bytes to each client as if the server had; to be used between two of the server's frames. */
    say(bytes: Uint8Array) {
      for (const { near } of lines) near.write(bytes)
    },
    async [Symbol.asyncDispose]() {
      drop()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function pass(from: Socket, to: Socket, flows: boolean): void {
  from.unpipe(to)
  if (flows) from.pipe(to)
  else from.pause()
}
