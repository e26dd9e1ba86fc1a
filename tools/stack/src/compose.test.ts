import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { composeSettings, writeComposeSecrets } from './compose-secrets.ts'
import { docker, reasonOf } from './docker-cli.ts'
import { MYSQL_OPTIONS } from './local-mysql.ts'
import { ROOT } from './run-job.ts'
import { IMAGES } from './servers-docker.ts'
import { SERVICES } from './service-env.ts'
import { temporaryHome } from './temporary-home.ts'

// compose.yaml as Docker reads it, without a .env file; nothing is started but HAProxy's check of its configuration.

type Container = {
  image: string
  user?: string
  command: string[] | null
  environment?: Record<string, string | null>
  ports?: { host_ip: string }[]
  restart: string
  healthcheck?: { test: string[] }
}

const compose = ['compose', '--env-file', '/dev/null', '--file', join(ROOT, 'compose.yaml')]
const unset = { HOST: '', PORT: '', MANAGEMENT_PORT: '' }
let containers: Record<string, Container> = {}
let whyNot = ''
try {
  containers = JSON.parse(await docker([...compose, 'config', '--format', 'json'], { env: unset })).services
} catch (error) {
  whyNot = reasonOf(error)
}
const hasCompose = await docker(['compose', 'version']).then(Boolean, () => false)
const hasHaproxy = await docker(['image', 'inspect', 'haproxy:3']).then(Boolean, () => false)
// Said and counted as skipped where Docker is not there; a compose.yaml that cannot be read is a failure.
if (!hasCompose) process.stderr.write('compose.yaml is not checked: there is no docker compose\n')
if (!hasHaproxy) process.stderr.write('haproxy.cfg is not checked: there is no image haproxy:3\n')
const withCompose = hasCompose ? test : test.skip
const withHaproxy = hasHaproxy ? test : test.skip

withCompose('Docker can read it', () => expect(whyNot).toBe(''))

withCompose('the servers are those of npm start, and the promise about commits is kept', () => {
  const images = Object.values(containers).map(({ image }) => image)
  const ours = images.filter((image) => image.endsWith('-process'))
  expect(new Set(images)).toEqual(new Set([ours[0], ...Object.values(IMAGES), 'haproxy:3']))
  expect(containers.mysql?.command).toEqual(expect.arrayContaining(MYSQL_OPTIONS))
  expect(containers.redis?.command?.join(' ')).toContain('--appendonly yes')
})

withCompose('only the proxy and the management page are published, and to this machine alone', () => {
  const published = Object.entries(containers).flatMap(([name, { ports = [] }]) =>
    ports.map(({ host_ip }) => [name, host_ip]),
  )
  expect(published).toEqual([
    ['proxy', '127.0.0.1'],
    ['rabbitmq', '127.0.0.1'],
  ])
})

withCompose('whatever stays up has a health check and comes back', () => {
  const staying = Object.entries(containers).filter(([, { restart }]) => restart !== 'no')
  expect(staying.map(([name]) => name).sort()).toEqual([...SERVICES, ...Object.keys(IMAGES), 'proxy'].sort())
  for (const [, { restart, healthcheck }] of staying) {
    expect([restart, healthcheck?.test.length]).toEqual(['unless-stopped', expect.any(Number)])
  }
})

withCompose('each process runs as the one user that may read its secrets', async () => {
  await using place = await temporaryHome()
  const owners = new Map<string, string>()
  await writeComposeSecrets(place.home, {}, async (file, user, group) => {
    owners.set(basename(file, '.env.new'), `${user}:${group}`)
  })
  const files = Object.entries(containers).flatMap(([name, { command, user }]) => {
    const file = command?.find((word) => word.startsWith('--env-file='))
    return file ? [[name, user, owners.get(basename(file, '.env'))] as const] : []
  })
  expect(files.map(([name]) => name).sort()).toEqual(
    [...SERVICES, 'accounts', 'migrate', 'migrate-stores', 'topology'].sort(),
  )
  for (const [, user, owner] of files) expect(user).toBe(owner)
})

withCompose.each(SERVICES)('%s is handed every setting that its configuration names', async (service) => {
  const { config } = await import(`../../../apps/${service}/src/config.ts`)
  const secrets = composeSettings({ rabbitmq: '', mysql: '', redis: '', jwt: '', service: '' })[service] ?? {}
  const handed = new Set([...Object.keys(containers[service]?.environment ?? {}), ...Object.keys(secrets)])
  // Gateways share one environment here, and each must have a name of its own.
  handed.add('INSTANCE')
  expect(Object.keys(config.properties).filter((name) => !handed.has(name))).toEqual([])
})

withHaproxy('HAProxy takes its configuration', async () => {
  const input = await readFile(join(ROOT, 'infra', 'haproxy', 'haproxy.cfg'))
  const check = ['run', '--rm', '--interactive', '--network', 'none', 'haproxy:3', 'haproxy', '-c', '-f', '/dev/stdin']
  const { exitCode, all } = await execa('docker', check, { input, all: true, reject: false, timeout: 25_000 })
  expect([exitCode, all]).toEqual([0, ''])
})
