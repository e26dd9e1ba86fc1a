import { randomBytes } from 'node:crypto'
import { MYSQL_OPTIONS } from '@parvis/stack/local-mysql'
import { amqpAnswers, managementAnswers, mysqlAnswers, redisAnswers } from '@parvis/stack/server-answers'
import type { Log, Servers } from '@parvis/stack/servers'
import { IMAGES } from '@parvis/stack/servers-docker'
import { waitUntil } from '@parvis/stack/wait-until'
import type { StartedTestContainer } from 'testcontainers'

// MySQL's first start writes its system tables twice over: 20 s on two idle cores.
const START_LIMIT_MS = 120_000

/**
 * Starts RabbitMQ, MySQL and Redis by Testcontainers, with nothing kept: the containers and their data go on disposal,
 * and, where Testcontainers' reaper runs, also when this process is killed.
 */
export async function startTestcontainers(log: Log): Promise<Servers & AsyncDisposable> {
  // Loaded here, as it needs a newer Node than an editor's Jest may have, and 0.7 s.
  const { GenericContainer } = await import('testcontainers')
  const containers = new AsyncDisposableStack()
  const password = randomBytes(24).toString('base64url')
  const user = `parvis:${password}@127.0.0.1`
  const never = new Promise<never>(() => {})

  async function start(container: InstanceType<typeof GenericContainer>): Promise<StartedTestContainer> {
    const started = await container.withStartupTimeout(START_LIMIT_MS).start()
    containers.defer(async () => void (await started.stop({ remove: true, removeVolumes: true })))
    return started
  }
  const wait = (what: string, started: StartedTestContainer, answers: () => Promise<boolean>) =>
    waitUntil(what, answers, { limitMs: START_LIMIT_MS, failed: never, log, hint: `docker logs ${started.getName()}` })

  const rabbitmq = async () => {
    const started = await start(
      new GenericContainer(IMAGES.rabbitmq).withExposedPorts(5672, 15672).withEnvironment({
        RABBITMQ_DEFAULT_USER: 'parvis',
        RABBITMQ_DEFAULT_PASS: password,
        RABBITMQ_DEFAULT_VHOST: 'parvis',
      }),
    )
    const url = `amqp://${user}:${started.getMappedPort(5672)}/parvis`
    const management = `http://${user}:${started.getMappedPort(15672)}`
    await wait('RabbitMQ', started, async () => (await amqpAnswers(url)) && (await managementAnswers(management)))
    return { url, management }
  }
  const mysql = async () => {
    const started = await start(
      new GenericContainer(IMAGES.mysql)
        .withExposedPorts(3306)
        .withEnvironment({ MYSQL_ROOT_PASSWORD: password, MYSQL_DATABASE: 'parvis' })
        .withCommand([...MYSQL_OPTIONS, '--disable-log-bin']),
    )
    const url = `mysql://root:${password}@127.0.0.1:${started.getMappedPort(3306)}/parvis`
    await wait('MySQL', started, () => mysqlAnswers(url))
    return { url }
  }
  const redis = async () => {
    const command = ['redis-server', '--requirepass', password]
    const started = await start(new GenericContainer(IMAGES.redis).withExposedPorts(6379).withCommand(command))
    const url = `redis://:${password}@127.0.0.1:${started.getMappedPort(6379)}`
    await wait('Redis', started, () => redisAnswers(url))
    return { url }
  }

  const starts = [rabbitmq(), mysql(), redis()] as const
  try {
    const [broker, database, cache] = await Promise.all(starts)
    const stop = () => containers.disposeAsync()
    return { how: 'docker', rabbitmq: broker, mysql: database, redis: cache, pids: {}, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await Promise.allSettled(starts)
    await containers.disposeAsync()
    throw error
  }
}
