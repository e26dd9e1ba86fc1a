import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { createConnection } from 'mysql2/promise'
import { openServers } from './open-servers.ts'
import { identify, isAlive } from './process-identity.ts'
import { amqpAnswers, managementAnswers, mysqlAnswers, redisAnswers } from './server-answers.ts'
import { IMAGES } from './servers-docker.ts'
import { missingPrograms } from './servers-local.ts'
import { readRecord } from './servers-record.ts'
import { temporaryHome } from './temporary-home.ts'
import { waitUntil } from './wait-until.ts'

// Each way that this machine has; the suite's own servers come by one of them, so there is at least one.
const hasImages = await Promise.all(
  Object.values(IMAGES).map(
    async (image) => !(await execa('docker', ['image', 'inspect', image], { reject: false })).failed,
  ),
)
const ways: string[] = [
  ...(missingPrograms().length === 0 ? ['local'] : []),
  ...(hasImages.every(Boolean) ? ['docker'] : []),
]

test.each(ways)('%s servers come up, answer their administrator, and leave no process', async (way) => {
  await using place = await temporaryHome()
  const { home } = place
  const open = () => openServers({ home, log: () => {}, env: { PARVIS_STACK: way } })
  const started: { pid: number; born: string }[] = []
  const containers: string[] = []
  try {
    await using servers = await open()
    const record = readRecord(home)
    started.push(...(record?.processes ?? []), ...Object.values(servers.pids).map(identify))
    containers.push(...(record?.containers ?? []))
    expect(started.filter(isAlive)).toHaveLength(started.length)
    expect(servers.how).toBe(way)
    expect(await amqpAnswers(servers.rabbitmq.url)).toBe(true)
    expect(await managementAnswers(servers.rabbitmq.management)).toBe(true)
    expect(await redisAnswers(servers.redis.url)).toBe(true)
    const connection = await createConnection(servers.mysql.url)
    const [rows] = await connection.query('SELECT DATABASE() AS name, @@innodb_flush_log_at_trx_commit AS flush')
    expect(rows).toEqual([{ name: 'parvis', flush: 1 }])
    await connection.query('CREATE DATABASE another')
    await connection.end()

    await using second = await open()
    expect({ ...second, [Symbol.asyncDispose]: 0 }).toEqual({ ...servers, [Symbol.asyncDispose]: 0 })
  } finally {
    for (const name of containers) await execa('docker', ['volume', 'rm', name])
  }
  expect(started.filter(isAlive)).toEqual([])
  expect(readRecord(home)).toBeUndefined()
})

test.each(ways)(
  '%s servers that are killed come back where they were, with what they had, and stop with the others',
  async (way) => {
    await using place = await temporaryHome()
    const { home } = place
    const said: string[] = []
    const alive = () => (readRecord(home)?.processes ?? []).filter(isAlive)
    let last: ReturnType<typeof alive> = []
    const containers: string[] = []
    try {
      await using servers = await openServers({
        home,
        log: (line) => said.push(line),
        env: { PARVIS_STACK: way },
      })
      containers.push(...(readRecord(home)?.containers ?? []))
      await query(servers.mysql.url, 'CREATE TABLE kept (n INT)')
      const killed = Object.values(servers.pids).map(identify)
      for (const { pid } of killed) process.kill(pid, 'SIGKILL')
      await answered('their end', async () => !killed.some(isAlive))
      const { rabbitmq, mysql, redis } = servers
      await answered('RabbitMQ', () => amqpAnswers(rabbitmq.url))
      await answered('its management', () => managementAnswers(rabbitmq.management))
      await answered('Redis', () => redisAnswers(redis.url))
      await answered('MySQL', () => mysqlAnswers(mysql.url))
      expect(await query(mysql.url, 'SELECT * FROM kept')).toEqual([])
      expect(said.filter((line) => /ended.*(start|again)/s.test(line))).toHaveLength(3)
      last = alive()
    } finally {
      for (const name of containers) await execa('docker', ['volume', 'rm', name])
    }
    expect(last.filter(isAlive)).toEqual([])
    expect(readRecord(home)).toBeUndefined()
  },
)

// Docker's servers keep their data where no test can spoil it.
const onLocal = ways.includes('local') ? test : test.skip
if (!ways.includes('local')) {
  process.stderr.write(
    'open-servers.test.ts: this machine has no server programs: what is about them alone is skipped\n',
  )
}
onLocal('a server that will not start is named, with its log, and nothing stays', async () => {
  await using place = await temporaryHome()
  // A data folder without system tables.
  await mkdir(join(place.home, 'mysql'))
  const open = openServers({ home: place.home, log: () => {}, env: { PARVIS_STACK: 'local' } })
  await expect(open).rejects.toThrow(/^(MariaDB|MySQL) has ended .* Its log: .*mysql\.log$/s)
  expect(await readFile(join(place.home, 'logs', 'mysql.log'), 'utf8')).not.toBe('')
  expect(readRecord(place.home)).toBeUndefined()
})

onLocal('a folder in which RabbitMQ never comes up is refused at once', async () => {
  await using place = await temporaryHome()
  const home = join(place.home, "l'accueil")
  await mkdir(home)
  const open = openServers({ home, log: () => {}, env: { PARVIS_STACK: 'local' } })
  await expect(open).rejects.toThrow("RabbitMQ cannot be run where a folder has ' in its name")
  expect(readRecord(home)).toBeUndefined()
})

test('a start that is given up leaves nothing', async () => {
  await using place = await temporaryHome()
  const asked = new AbortController()
  const open = openServers({
    home: place.home,
    log: (line) => line.startsWith('servers:') && setTimeout(() => asked.abort(), 500),
    env: { PARVIS_STACK: ways[0] as string },
    signal: asked.signal,
  })
  await expect(open).rejects.toThrow('Stopped before the servers were up.')
  expect(readRecord(place.home)).toBeUndefined()
})

test('an unknown way is refused', async () => {
  await using place = await temporaryHome()
  const open = openServers({ home: place.home, log: () => {}, env: { PARVIS_STACK: 'podman' } })
  await expect(open).rejects.toThrow('PARVIS_STACK must be external, docker or local, not "podman".')
})

async function query(url: string, sql: string): Promise<unknown> {
  const connection = await createConnection(url)
  try {
    return (await connection.query(sql))[0]
  } finally {
    await connection.end()
  }
}

function answered(what: string, answers: () => Promise<boolean>): Promise<void> {
  const never = new Promise<never>(() => {})
  return waitUntil(what, answers, { limitMs: 120_000, failed: never, log: () => {}, hint: '' })
}
