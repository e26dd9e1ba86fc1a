import { randomInt } from 'node:crypto'
import getPort, { portNumbers } from 'get-port'

// Below the range from which Linux takes the ports of outgoing connections (32768 and up): a port found free
// there could be some connection's own by the time the server listens. A random start keeps two stacks that
// look at the same moment apart.
const LOWEST = 20_000
const HIGHEST = 29_999

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const from = randomInt(LOWEST, HIGHEST - 100)
  return await getPort({ host: '127.0.0.1', port: portNumbers(from, from + 100) })
}
