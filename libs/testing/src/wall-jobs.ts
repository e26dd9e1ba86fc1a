import { runJob } from '@parvis/stack/run-job'
import type { Ground } from './fresh-ground.ts'

/** Makes the wall's tables in the ground's database, by the job that makes them everywhere. */
export function makeTables(ground: Ground): Promise<void> {
  return runJob('migrate', 'apps/db-writer/src/migrate.main.ts', { MYSQL_URL: ground.servers.mysql.url }, () => {})
}
