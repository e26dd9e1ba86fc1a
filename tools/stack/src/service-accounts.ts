import { type DatabaseUser, tableRights } from '@parvis/storage/table-rights'
import { brokerAddresses, makeBrokerAccounts } from './broker-accounts.ts'
import { databaseAddresses, makeDatabaseAccounts } from './database-accounts.ts'
import type { Log, Servers } from './servers.ts'
import { type Addresses, SERVICES, type ServiceName } from './service-env.ts'

/**
 * Gives each service users of its own at the broker and in the database, named as the service, so that each may do
 * what it does and nothing else: a post published by hand can never pass for a gateway's, and only db-writer writes
 * walls. Where the servers are somebody else's, the addresses that were given serve all. Topology and tables must be there.
 * @param messageStore where gateways keep what the broker does not take (MESSAGE_STORE)
 */
export async function serviceAccounts(servers: Servers, log: Log, messageStore?: string): Promise<Addresses> {
  const { how, rabbitmq, mysql, redis } = servers
  if (how === 'external') {
    log('RabbitMQ and MySQL: one account for all services, those of RABBITMQ_URL and MYSQL_URL')
    return {
      rabbitmq: Object.fromEntries(SERVICES.map((service) => [service, rabbitmq.url])) as Record<ServiceName, string>,
      mysql: Object.fromEntries(Object.keys(tableRights).map((user) => [user, mysql.url])) as Record<
        DatabaseUser,
        string
      >,
      redis,
    }
  }
  const addresses = serviceAddresses(servers)
  await Promise.all([
    makeBrokerAccounts(addresses.rabbitmq, rabbitmq.management),
    makeDatabaseAccounts(mysql.url, messageStore),
  ])
  return addresses
}

/** The addresses of servers of our own, as each service's users. */
export function serviceAddresses({
  rabbitmq,
  mysql,
  redis,
}: Record<'rabbitmq' | 'mysql' | 'redis', { url: string }>): Addresses {
  return { rabbitmq: brokerAddresses(rabbitmq.url), mysql: databaseAddresses(mysql.url), redis }
}
