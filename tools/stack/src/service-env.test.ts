import { SERVICES, serviceEnv } from './service-env.ts'

const given = {
  env: {
    PATH: '/bin',
    LOG_LEVEL: 'debug',
    HOST: '0.0.0.0',
    PORT: '80',
    MYSQL_URL: 'mysql://elsewhere/',
    JWT_SECRET: 'x',
  },
  addresses: {
    rabbitmq: {
      gateway: 'amqp://g',
      'message-store': 'amqp://m',
      'post-worker': 'amqp://p',
      'db-writer': 'amqp://d',
      'cache-worker': 'amqp://c',
    },
    mysql: {
      gateway: 'mysql://g',
      'message-store': 'mysql://m',
      'db-writer': 'mysql://d',
      'cache-worker': 'mysql://c',
    },
    redis: { url: 'redis://here' },
  },
  jwtSecret: 'jwt',
  serviceToken: 'token',
  webRoot: '/page',
  port: 4000,
  messageStores: ['http://one', 'http://two'],
}
const envOf = (service: (typeof SERVICES)[number]) => serviceEnv(service, given)

test('each service gets the addresses and secrets that it uses, and no others', () => {
  const names = ['RABBITMQ_URL', 'MYSQL_URL', 'REDIS_URL', 'JWT_SECRET', 'SERVICE_TOKEN', 'WEB_ROOT']
  const values = SERVICES.map((service) => [service, ...names.map((name) => envOf(service)[name])])
  expect(values).toEqual([
    ['gateway', 'amqp://g', 'mysql://g', 'redis://here', 'jwt', 'token', '/page'],
    ['message-store', 'amqp://m', 'mysql://m', 'redis://here', undefined, 'token', undefined],
    ['post-worker', 'amqp://p', undefined, undefined, undefined, undefined, undefined],
    ['db-writer', 'amqp://d', 'mysql://d', undefined, undefined, 'token', undefined],
    ['cache-worker', 'amqp://c', 'mysql://c', 'redis://here', undefined, 'token', undefined],
  ])
})

test('only the gateway listens where HOST says', () => {
  expect(SERVICES.map((service) => envOf(service).HOST)).toEqual(['0.0.0.0', ...Array(4).fill('127.0.0.1')])
})

test('only gateways know where the message stores are', () => {
  expect(SERVICES.map((service) => [envOf(service).MESSAGE_STORE, envOf(service).MESSAGE_STORE_URL])).toEqual([
    ['http', 'http://one,http://two'],
    ...Array(4).fill([undefined, undefined]),
  ])
})

test('what is around reaches every service', () => {
  expect(SERVICES.map((service) => envOf(service).LOG_LEVEL)).toEqual(SERVICES.map(() => 'debug'))
})

test('every service knows that it is supervised, and its port', () => {
  expect(SERVICES.map((service) => [envOf(service).PARVIS_SUPERVISED, envOf(service).PORT])).toEqual(
    SERVICES.map(() => ['1', '4000']),
  )
})
