import { externalServers } from './servers-external.ts'

const all = {
  RABBITMQ_URL: 'amqp://me:p%40ss@broker:5672/wall',
  MYSQL_URL: 'mysql://me:pw@db/parvis',
  REDIS_URL: 'redis://:pw@cache',
}

test('the management API is taken to be on the broker’s host, with the same user', () => {
  expect(externalServers(all).rabbitmq.management).toBe('http://me:p%40ss@broker:15672')
})

test('RABBITMQ_MANAGEMENT_URL says where the management API is', () => {
  const env = { ...all, RABBITMQ_MANAGEMENT_URL: 'https://me:pw@elsewhere/' }
  expect(externalServers(env).rabbitmq.management).toBe('https://me:pw@elsewhere')
})

test.each(['RABBITMQ_URL', 'MYSQL_URL', 'REDIS_URL'])('without %s the others are refused, naming it', (name) => {
  expect(() => externalServers({ ...all, [name]: '' })).toThrow(`${name} is missing`)
})

test('an address of the wrong kind is refused without showing it', () => {
  const env = { ...all, MYSQL_URL: 'postgres://me:secret@db' }
  expect(() => externalServers(env)).toThrow(/^MYSQL_URL must be an address that begins with mysql:\/\/\.$/)
})
