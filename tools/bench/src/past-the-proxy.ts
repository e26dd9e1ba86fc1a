import { connect } from 'node:net'
import { docker } from '@parvis/stack/docker-cli'
import type { Servers } from '@parvis/stack/servers'

const ANSWER_MS = 1_000

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
    rabbitmq: { url: await direct(rabbitmq.url), management: await direct(rabbitmq.management) },
    mysql: { url: await direct(mysql.url) },
    redis: { url: await direct(redis.url) },
  }
}

async function direct(published: string): Promise<string> {
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
  return address && inside && (await answers(address, Number(url.port))) ? url.href : published
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS })
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.on('connect', () => end(true))
    socket.on('timeout', () => end(false))
    socket.on('error', () => end(false))
  })
}
