import type { FastifyInstance } from 'fastify'

/** Listens, prints the address as a line of JSON, and ends the process when whoever started it closes its standard input. */
export async function serveUntilLeft(app: Pick<FastifyInstance, 'listen'>): Promise<void> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  process.stdout.write(`${JSON.stringify({ url })}\n`)
  process.stdin.resume()
  process.stdin.once('close', () => process.exit(0))
}
