import { randomBytes } from 'node:crypto'
import type { Ground } from '@parvis/stack/ground'
import type { Log } from '@parvis/stack/servers'
import { type Counts, startWall, type Wall } from '@parvis/stack/supervise'

export interface BenchWall extends Wall {
  /** Signs tokens, so that sessions need not be made one by one. */
  jwtSecret: string
  /** Every process of the wall. */
  pids(): number[]
}

/** A whole wall on this ground as `npm start` runs it, but with LIMITS=off: only then can one client load it. */
export async function openBenchWall(
  ground: Ground,
  options: { counts?: Partial<Counts>; env?: NodeJS.ProcessEnv; log?: Log; signal?: AbortSignal } = {},
): Promise<BenchWall & AsyncDisposable> {
  const jwtSecret = randomBytes(32).toString('base64url')
  const wall = await startWall({
    servers: ground.servers,
    log: options.log ?? (() => {}),
    env: {
      ...process.env,
      LIMITS: 'off',
      LOG_LEVEL: 'warn',
      REDIS_PREFIX: ground.redisPrefix,
      ...options.env,
      JWT_SECRET: jwtSecret,
    },
    ...(options.counts && { counts: options.counts }),
    ...(options.signal && { signal: options.signal }),
  })
  return {
    ...wall,
    jwtSecret,
    pids: () => [wall.gateways, ...Object.values(wall.services)].flat().map(({ pid }) => pid),
  }
}
