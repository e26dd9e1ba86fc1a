import { PlainError } from '@parvis/stack/servers'
import { readStack } from '@parvis/stack/stack-file'

/** Where a wall's database is, and its broker where that is known: by the environment, else by this clone's stack file. */
export function findServers(home: string, env: NodeJS.ProcessEnv): { mysql: string; rabbitmq: string | undefined } {
  if (env.MYSQL_URL) return { mysql: env.MYSQL_URL, rabbitmq: env.RABBITMQ_URL || undefined }
  const stack = readStack(home)
  if (!stack || !isAlive(stack.pid)) {
    throw new PlainError('No wall is up here: npm start, or name its database in MYSQL_URL (and RABBITMQ_URL).')
  }
  return { mysql: stack.mysql.url, rabbitmq: stack.rabbitmq.url }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
