import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
import { redisAnswers } from './server-answers.ts'
import { type ServerProgram, startProgram } from './server-program.ts'
import type { Log } from './servers.ts'
import { waitUntil } from './wait-until.ts'

/** Starts Redis on a free port of 127.0.0.1, its data in `<home>/redis`, handing it to `started` before it answers. */
export async function startRedis(
  home: string,
  password: string,
  { log, limitMs, started }: { log: Log; limitMs: number; started: (program: ServerProgram) => void },
): Promise<{ url: string; pid: number }> {
  const folder = join(home, 'redis')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const port = await freePort()
  // In a file, because anyone on the machine can read a command line. No bound address or folder in it needs quoting.
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'appendonly yes',
    // As in compose.yaml: full, it takes no new windows, and the wall is read from MySQL.
    'maxmemory 512mb',
    'maxmemory-policy noeviction',
    `requirepass ${password}`,
    '',
  ]
  await writeFile(join(folder, 'redis.conf'), lines.join('\n'), { mode: 0o600 })
  const server = await startProgram({
    name: 'Redis',
    command: findProgram('redis-server') as string,
    args: ['redis.conf'],
    cwd: folder,
    logFile: join(home, 'logs', 'redis.log'),
  })
  started(server)
  const url = `redis://:${password}@127.0.0.1:${port}`
  const { failed, logFile, pid } = server
  await waitUntil('Redis', () => redisAnswers(url), { limitMs, failed, log, hint: `Its log: ${logFile}` })
  return { url, pid }
}
