import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { checkPort } from './check-port.ts'

test('a busy port is named, with what to do', async () => {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await expect(checkPort('127.0.0.1', port)).rejects.toThrow(
    `Port ${port} is taken by another program: choose one with PORT=${port + 1} npm start.`,
  )
})

test('a free port is free again afterwards', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await server[Symbol.asyncDispose]()
  await checkPort('127.0.0.1', port)
  await checkPort('127.0.0.1', port)
})

test('a host that is not this machine is named', async () => {
  await expect(checkPort('192.0.2.1', 0)).rejects.toThrow('HOST=192.0.2.1 is no address of this machine')
})
