import { docker } from '@parvis/stack/docker-cli'
import { amqpAnswers, managementAnswers, mysqlAnswers, redisAnswers } from '@parvis/stack/server-answers'
import type { Servers } from '@parvis/stack/servers'

/**
 * The same servers by the addresses of their containers, where this machine reaches those: what is published on
 * 127.0.0.1 goes through a process that copies every byte both ways, 1.3 ms of processor time a post, which is Docker's
 * and not of anybody who is measured.
 */
export async function pastTheProxy(servers: Servers): Promise<Servers> {
  if (servers.how !== 'docker') return servers
  const { rabbitmq, mysql, redis } = servers
  return {
    ...servers,
    rabbitmq: {
      url: await direct(rabbitmq.url, amqpAnswers),
      management: await direct(rabbitmq.management, managementAnswers),
    },
    mysql: { url: await direct(mysql.url, mysqlAnswers) },
    redis: { url: await direct(redis.url, redisAnswers) },
  }
}

async function direct(published: string, answers: (url: string) => Promise<boolean>): Promise<string> {
  const url = new URL(published)
  const [id] = (await docker(['ps', '--quiet', '--filter', `publish=${url.port}`])).split('\n')
  if (!id) return published
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}} {{json .NetworkSettings.Ports}}'
  const [address = '', ports = '{}'] = (await docker(['inspect', '--format', format, id])).split(' ')
  const inside = Object.entries<{ HostPort: string }[] | null>(JSON.parse(ports)).find(([, hosts]) =>
    hosts?.some(({ HostPort }) => HostPort === url.port),
  )
  url.hostname = address
  url.port = inside?.[0].split('/')[0] ?? ''
  return address && inside && (await answers(url.href).catch(() => false)) ? url.href : published
}
