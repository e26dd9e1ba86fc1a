import { once } from 'node:events'
import { createServer } from 'node:net'
import { PlainError } from './servers.ts'

/** Rejects with one sentence when the gateway could not listen there. */
export async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new PlainError(`Port ${port} is taken by another program: choose one with PORT=${port + 1} npm start.`)
    }
    if (code === 'EACCES') throw new PlainError(`Port ${port} needs more rights than yours: choose one with PORT=3000.`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new PlainError(`HOST=${host} is no address of this machine: 127.0.0.1, or 0.0.0.0 for all of them.`)
    }
    throw new PlainError(`The wall cannot listen on ${host}:${port}: ${message}.`)
  } finally {
    server.close()
  }
}
