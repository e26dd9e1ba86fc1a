import { Type } from 'typebox'
import { commonConfig, mysqlUrl, readConfig, redisPrefix, redisUrl, secret } from './read-config.ts'

const schema = Type.Object({
  ...commonConfig,
  MYSQL_URL: mysqlUrl,
  REDIS_URL: redisUrl,
  REDIS_PREFIX: redisPrefix,
  JWT_SECRET: secret('signs tokens'),
})
const good = {
  RABBITMQ_URL: 'amqp://user:pw@127.0.0.1:5672/vhost',
  MYSQL_URL: 'mysql://user:pw@127.0.0.1:3306/parvis',
  REDIS_URL: 'redis://:pw@127.0.0.1:6379',
  JWT_SECRET: 'x'.repeat(32),
}
function faultOf(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(schema, env)
    return 'none'
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' })
    return (error as Error).message
  }
}

test('what is not given has its default; numbers are numbers; what is strange is left alone', () => {
  expect(readConfig(schema, { ...good, PORT: '3000', HOME: '/' })).toMatchObject({
    ...good,
    HOST: '127.0.0.1',
    PORT: 3000,
    LOG_LEVEL: 'info',
    REDIS_PREFIX: 'parvis:',
  })
})

test('all faults are named at once, and no value is shown: it may be a secret', () => {
  const fault = faultOf({
    RABBITMQ_URL: 'http://guest:hunter2@x',
    MYSQL_URL: '',
    JWT_SECRET: 'hunter2',
    PORT: 'hunter2',
  })
  for (const name of ['RABBITMQ_URL', 'MYSQL_URL', 'REDIS_URL is missing', 'JWT_SECRET', 'PORT', '32']) {
    expect(fault).toContain(name)
  }
  expect(fault).not.toContain('hunter2')
  expect(fault).not.toContain('\n')
})

test.each([
  ['a secret of 31 characters', { JWT_SECRET: 'x'.repeat(31) }, 'JWT_SECRET'],
  ['no secret', { JWT_SECRET: undefined }, 'JWT_SECRET is missing'],
  ['an empty secret', { JWT_SECRET: '' }, 'JWT_SECRET'],
  ['a broker without a host', { RABBITMQ_URL: 'amqp://' }, 'RABBITMQ_URL'],
  ['a broker on the web', { RABBITMQ_URL: 'https://broker.example' }, 'RABBITMQ_URL'],
  ['a server without a database', { MYSQL_URL: 'mysql://127.0.0.1' }, 'MYSQL_URL'],
  ['a Redis that is none', { REDIS_URL: '127.0.0.1:6379' }, 'REDIS_URL'],
  ['a port that is none', { PORT: '70000' }, 'PORT'],
  ['half a port', { PORT: '30.5' }, 'PORT'],
  [
    'a level that is none',
    { LOG_LEVEL: 'loud' },
    'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
  ],
])('%s is refused', (_what, more, named) => {
  expect(faultOf({ ...good, ...more })).toContain(named)
})
