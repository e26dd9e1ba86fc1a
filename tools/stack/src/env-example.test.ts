import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './run-job.ts'
import { SERVICES } from './service-env.ts'

// Read by npm start, by the tests or by compose.yaml, and by no service.
const OTHERS = ['PARVIS_STACK', 'RABBITMQ_MANAGEMENT_URL', 'E2E_BASE_URL']
const COMPOSE = ['MANAGEMENT_PORT', 'DOCKER_PROXIES', 'RABBITMQ_PASSWORD', 'MYSQL_PASSWORD', 'REDIS_PASSWORD']

const lines = (await readFile(join(ROOT, '.env.example'), 'utf8')).split('\n')
const settings = lines.flatMap((line, at) => {
  const [, name] = /^#?([A-Z][A-Z0-9_]*)=/.exec(line) ?? []
  return name ? [{ name, line, before: lines[at - 1] ?? '' }] : []
})

test('.env.example names every setting of the services, of compose.yaml and of the stack, and no other', async () => {
  const configs = await Promise.all(SERVICES.map((service) => import(`../../../apps/${service}/src/config.ts`)))
  const named = configs.flatMap(({ config }) => Object.keys(config.properties))
  const names = settings.map(({ name }) => name)
  expect([...names].sort()).toEqual([...new Set([...named, ...OTHERS, ...COMPOSE])].sort())
})

test('compose.yaml takes no setting that .env.example does not name', async () => {
  const compose = await readFile(join(ROOT, 'compose.yaml'), 'utf8')
  const taken = [...compose.matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name)
  const names = settings.map(({ name }) => name)
  expect(taken.filter((name) => name !== 'COMPOSE_PROJECT_NAME' && !names.includes(name as string))).toEqual([])
})

test('nothing in it is set, so that a copy changes nothing', () => {
  expect(settings.filter(({ line }) => !line.startsWith('#'))).toEqual([])
})
