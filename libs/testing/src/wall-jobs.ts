import type { Ground } from '@parvis/stack/ground'
import { runJob } from '@parvis/stack/run-job'

/** Makes the wall's tables in the ground's database, by the job that makes them everywhere. */
export function makeTables(ground: Ground): Promise<void> {
  return runJob('migrate', 'apps/db-writer/src/migrate.main.ts', { MYSQL_URL: ground.servers.mysql.url }, () => {})
}

/** Makes exchanges, queues and bindings in the ground's virtual host, by the job that makes them everywhere. */
export function makeTopology(ground: Ground): Promise<void> {
  const env = { RABBITMQ_URL: ground.servers.rabbitmq.url }
  return runJob('topology', 'infra/rabbitmq/src/declare-topology.main.ts', env, () => {})
}
