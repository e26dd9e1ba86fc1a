import type { Fault } from './fault.ts'

export const brokerKilled: Fault = {
  number: 1,
  name: '1-broker-killed',
  title: 'the broker is killed and started again',
  touches: ['broker'],
  holdMs: 1_000,
  inject: ({ servers }) => servers.rabbitmq.kill(),
  heal: async ({ servers }) => void (await servers.rabbitmq.start()),
}
