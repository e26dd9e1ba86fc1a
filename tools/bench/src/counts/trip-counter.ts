import { connect, createServer, type Socket } from 'node:net'

/**
 * A TCP proxy that counts what clients say to a server. Clients that wait for each answer make one trip a time they
 * speak, however many commands are in it.
 */
export async function openTripCounter(target: string) {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  const lines: { trips: number }[] = []
  let commits = 0
  const server = createServer({ noDelay: true }, (near) => {
    const line = { trips: 0 }
    let end = ''
    lines.push(line)
    const far = connect({ host: hostname, port: Number(port), noDelay: true })
    near.on('data', (chunk) => {
      line.trips++
      end = (end + chunk.toString('latin1', Math.max(0, chunk.length - COMMIT.length))).slice(-COMMIT.length)
      if (end === COMMIT) commits++
    })
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      open.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as { port: number }).port)
  return {
    url: url.href,
    /** How often each connection was spoken to the server on, so far. */
    trips: () => lines.map(({ trips }) => trips),
    /** Transactions committed so far, by any client. */
    commits: () => commits,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What the last chunk of a trip ends with when MySQL is told to commit, alone or after other statements. */
const COMMIT = 'COMMIT'
