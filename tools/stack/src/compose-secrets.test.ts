import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { composeSettings, writeComposeSecrets } from './compose-secrets.ts'
import { SERVICES } from './service-env.ts'
import { temporaryHome } from './temporary-home.ts'

const long = (name: string) => name.padEnd(32, '.')
const secrets = { rabbitmq: long('r'), mysql: long('m'), redis: long('d'), jwt: long('j'), service: long('s') }

/** What the files hold after a start with this environment; nobody's file changes hands. */
async function filesOf(home: string, env: NodeJS.ProcessEnv = {}): Promise<Record<string, string>> {
  await writeComposeSecrets(home, env, async () => {})
  const names = (await readdir(home)).filter((name) => name.endsWith('.env'))
  const contents = await Promise.all(
    names.map(async (name) => [name, await readFile(join(home, name), 'utf8')] as const),
  )
  return Object.fromEntries(contents)
}

test.each(SERVICES)(
  '%s gets every address and secret that its configuration demands, and no other',
  async (service) => {
    const { config } = await import(`../../../apps/${service}/src/config.ts`)
    const demanded = config.required.filter((name: string) => !('default' in config.properties[name]))
    // Optional settings by which gateways use the message stores.
    if (service === 'gateway') demanded.push('MESSAGE_STORE', 'MESSAGE_STORE_URL', 'SERVICE_TOKEN')
    expect(Object.keys(composeSettings(secrets)[service] ?? {}).sort()).toEqual(demanded.sort())
  },
)

test('no two of the broker’s and the database’s users share a password, and only jobs know an administrator’s', () => {
  const { jobs, accounts, rabbitmq, mysql, ...services } = composeSettings(secrets)
  const at = (name: string) => SERVICES.map((service) => services[service]?.[name]).filter((url) => url !== undefined)
  const users = (name: string) => at(name).map((address) => new URL(address).username)
  expect(users('RABBITMQ_URL')).toEqual([...SERVICES])
  expect(users('MYSQL_URL')).toEqual(SERVICES.filter((service) => service !== 'post-worker'))
  const passwords = [...at('RABBITMQ_URL'), ...at('MYSQL_URL')].map((address) => new URL(address).password)
  expect(new Set([...passwords, secrets.rabbitmq, secrets.mysql, mysql?.MYSQL_PASSWORD]).size).toBe(
    2 * SERVICES.length - 1 + 3,
  )
  expect(JSON.stringify(services)).not.toContain(secrets.rabbitmq)
  expect(JSON.stringify([services, jobs])).not.toContain(secrets.mysql)
  expect(new URL(accounts?.MYSQL_URL ?? '').username).toBe('root')
})

test('a second start writes the same, for its owner alone', async () => {
  await using place = await temporaryHome()
  const first = await filesOf(place.home)
  expect(Object.keys(first)).toHaveLength(SERVICES.length + 5)
  expect(await filesOf(place.home)).toEqual(first)
  const modes = await Promise.all(Object.keys(first).map(async (name) => (await stat(join(place.home, name))).mode))
  expect(modes.map((mode) => mode & 0o777)).toEqual(modes.map(() => 0o400))
})

test('what .env gives comes first, from the first start on or later', async () => {
  await using place = await temporaryHome()
  await filesOf(place.home, { RABBITMQ_PASSWORD: long('given') })
  const later = await filesOf(place.home, { JWT_SECRET: long('new'), RABBITMQ_PASSWORD: '' })
  expect(later['rabbitmq.env']).toContain(`RABBITMQ_DEFAULT_PASS=${long('given')}\n`)
  expect(later['gateway.env']).toContain(`JWT_SECRET=${long('new')}\n`)
})

test.each(['RABBITMQ_PASSWORD', 'MYSQL_PASSWORD'])(
  '%s cannot change once there is data, and the refusal says so',
  async (name) => {
    await using place = await temporaryHome()
    const first = await filesOf(place.home)
    await expect(filesOf(place.home, { [name]: long('other') })).rejects.toThrow(
      `${name} is not the one that the data was made with`,
    )
    expect(await filesOf(place.home)).toEqual(first)
  },
)

test.each([['short'], [`${long('a')} b`], [`${long('a')}'b`], [`${long('a')}\nB=c`]])(
  'the unfit secret %j is refused by its name alone, before anything is written',
  async (value) => {
    await using place = await temporaryHome()
    const refused = filesOf(place.home, { JWT_SECRET: value })
    await expect(refused).rejects.toThrow('JWT_SECRET must be 32 to 256 letters, digits or . _ + / = -')
    await expect(refused).rejects.not.toThrow(value)
    expect(await readdir(place.home)).toEqual([])
  },
)
