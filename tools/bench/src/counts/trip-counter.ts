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
    lines.push(line)
    const far = connect({ host: hostname, port: Number(port), noDelay: true })
    near.on('data', (chunk) => {
      line.trips++
      for (const commit of COMMITS) commits += occurrences(chunk, commit)
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

/**
 * A query packet of MySQL's protocol (command 3) that says COMMIT and nothing else. To MySQL, not MariaDB, two bytes go
 * before the text: no attributes, in one set (CLIENT_QUERY_ATTRIBUTES).
 */
const COMMITS = [Buffer.from('\x07\0\0\0\x03COMMIT'), Buffer.from('\x09\0\0\0\x03\0\x01COMMIT')]

function occurrences(chunk: Buffer, of: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(of); at >= 0; at = chunk.indexOf(of, at + of.length)) count++
  return count
}
