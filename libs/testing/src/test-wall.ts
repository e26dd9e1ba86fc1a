import { randomBytes } from 'node:crypto'
import type { Ground } from '@parvis/stack/ground'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { freshGround } from './fresh-ground.ts'

export interface TestWall {
  ground: Ground
  wall: Wall
  /** The addresses of its two gateways. */
  near: string
  far: string
  /** What signs its tokens, so that a test can make one that has expired. */
  jwtSecret: string
}

/** A whole wall with two gateways on ground of its own; it goes with `resources`. */
export async function startTestWall(
  resources: AsyncDisposableStack,
  { env = {}, webRoot }: { env?: NodeJS.ProcessEnv; webRoot?: string } = {},
): Promise<TestWall> {
  const ground = resources.use(await freshGround())
  const jwtSecret = randomBytes(32).toString('base64url')
  const wall = resources.use(
    await startWall({
      servers: ground.servers,
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: ground.redisPrefix, ...env },
      secrets: { jwt: jwtSecret, service: randomBytes(32).toString('base64url') },
      counts: { gateway: 2 },
      ...(webRoot !== undefined && { webRoot }),
    }),
  )
  return { ground, wall, near: wall.gateways[0]!.url, far: wall.gateways[1]!.url, jwtSecret }
}
