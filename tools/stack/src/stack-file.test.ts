import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identify } from './process-identity.ts'
import type { Servers } from './servers.ts'
import { writeRecord } from './servers-record.ts'
import { type Service, startService } from './service.ts'
import { describeStack, keepStackFile, readStack } from './stack-file.ts'
import type { Wall } from './supervise.ts'
import { temporaryHome } from './temporary-home.ts'

const servers: Servers = {
  how: 'local',
  rabbitmq: { url: 'amqp://one', management: 'http://one' },
  mysql: { url: 'mysql://one' },
  redis: { url: 'redis://one' },
  pids: {},
}
const wallOf = (gateway: Service): Wall => ({
  gateways: [gateway],
  services: { 'post-worker': [], 'db-writer': [], 'cache-worker': [], 'message-store': [] },
  serviceToken: 'token',
})

async function startGateway(home: string) {
  const script = join(home, 'gateway.mjs')
  await writeFile(script, `console.log('{"msg":"ready","url":"http://127.0.0.1:1"}'); process.stdin.resume()`)
  const service = await startService('gateway', { script, env: {}, log: () => {} })
  return { service, [Symbol.asyncDispose]: () => service.stop(0) }
}

test('says where everything is while a wall is up, to its owner alone', async () => {
  await using place = await temporaryHome()
  await using gateway = await startGateway(place.home)
  {
    using _file = keepStackFile(place.home, { servers, wall: wallOf(gateway.service), log: () => {} })
    expect(readStack(place.home)).toEqual({
      pid: process.pid,
      gateways: [{ url: 'http://127.0.0.1:1', pid: gateway.service.pid }],
      services: { 'post-worker': [], 'db-writer': [], 'cache-worker': [], 'message-store': [] },
      rabbitmq: servers.rabbitmq,
      mysql: servers.mysql,
      redis: servers.redis,
      serviceToken: 'token',
    })
    expect((await stat(join(place.home, 'stack.json'))).mode & 0o777).toBe(0o600)
  }
  expect(readStack(place.home)).toBeUndefined()
})

test('names the new process when one has come back', async () => {
  await using place = await temporaryHome()
  await using gateway = await startGateway(place.home)
  using _file = keepStackFile(place.home, { servers, wall: wallOf(gateway.service), log: () => {} })
  const killed = gateway.service.pid
  const back = gateway.service.nextReady()
  gateway.service.kill('SIGKILL')
  await back
  expect(readStack(place.home)?.gateways).toEqual([{ url: 'http://127.0.0.1:1', pid: gateway.service.pid }])
  expect(gateway.service.pid).not.toBe(killed)
})

test('says that the servers are alone when the wall goes and another process keeps them up', async () => {
  await using place = await temporaryHome()
  await using gateway = await startGateway(place.home)
  writeRecord(place.home, { supervisor: identify(process.ppid), processes: [], containers: [], servers })
  keepStackFile(place.home, { servers, wall: wallOf(gateway.service), log: () => {} })[Symbol.dispose]()
  expect(readStack(place.home)).toEqual(describeStack(process.ppid, servers))
})
