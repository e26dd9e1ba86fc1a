import { randomBytes } from 'node:crypto'
import { startWall } from '@parvis/stack/supervise'
import { freshGround } from './fresh-ground.ts'

/**
 * A wall of which only addresses are known: the one that is up at E2E_BASE_URL (then `near` and `far` are the same),
 * else one of its own with two gateways.
 */
export async function wallUnderTest(): Promise<{ near: string; far: string } & AsyncDisposable> {
  const resources = new AsyncDisposableStack()
  const given = process.env.E2E_BASE_URL?.replace(/\/+$/, '')
  if (given) return { near: given, far: given, [Symbol.asyncDispose]: async () => {} }
  const ground = resources.use(await freshGround())
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix }
  const wall = resources.use(await startWall({ servers: ground.servers, log: () => {}, env, counts: { gateway: 2 } }))
  const [near = '', far = ''] = wall.gateways.map(({ url }) => url)
  return { near, far, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

/** A channel or pseudo that no earlier run has used: the wall may be one that keeps what was posted. */
export function unused(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`
}
