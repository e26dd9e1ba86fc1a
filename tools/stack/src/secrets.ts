import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Way } from './servers.ts'

/** What can be given rather than made. */
export type Passwords = Pick<Secrets, 'rabbitmq' | 'mysql' | 'redis' | 'jwt' | 'service'>

/** Made at the first start of a home and kept, so that data, sessions and tokens outlive a restart. */
export type Secrets = {
  /** Names this home's Docker volumes: a home that was deleted never meets data with passwords it does not know. */
  id: string
  rabbitmq: string
  mysql: string
  redis: string
  jwt: string
  service: string
  /** Where the data of this home lives: the way of its first start. */
  way?: Way
}

/**
 * Gives the home's secrets, making the folder (0700) and the file (0600) when they are not there: random ones, but for
 * those that are `given`.
 */
export async function keepSecrets(home: string, given: Partial<Passwords> = {}): Promise<Secrets> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  try {
    return JSON.parse(await readFile(join(home, 'secrets.json'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  // 32 bytes: as many as the key of the HMAC that signs the tokens. base64url needs no escaping in an address.
  const random = () => randomBytes(32).toString('base64url')
  const secrets = {
    id: randomBytes(4).toString('hex'),
    rabbitmq: random(),
    mysql: random(),
    redis: random(),
    jwt: random(),
    service: random(),
    ...given,
  }
  await writeSecrets(home, secrets)
  return secrets
}

/** The password of a user that we make, which follows from the administrator's but does not tell it. */
export function passwordOf(user: string, administrators: string): string {
  return createHmac('sha256', administrators).update(user).digest('base64url')
}

/** Remembers by which way the home's data was made: that of its first start. */
export async function rememberFirstWay(home: string, way: Way): Promise<void> {
  const secrets = await keepSecrets(home)
  if (secrets.way === undefined) await writeSecrets(home, { ...secrets, way })
}

async function writeSecrets(home: string, secrets: Secrets) {
  const file = join(home, 'secrets.json')
  await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}
