import type { Fault } from './fault.ts'

export const brokerRestarted: Fault = {
  number: 1,
  name: '1-broker-restarted',
  title: 'the broker is told to end, does so in its own order, and is started again',
  touches: ['broker'],
  holdMs: 1_000,
  inject: ({ servers }) => servers.rabbitmq.stop(),
  heal: async ({ servers }) => void (await servers.rabbitmq.start()),
}
