import type { Fault } from './fault.ts'

export const brokerFrozen: Fault = {
  number: 2,
  name: '2-broker-frozen',
  title: 'the broker is frozen for 15 s',
  touches: ['broker'],
  holdMs: 15_000,
  inject: ({ servers }) => servers.rabbitmq.freeze(),
  heal: ({ servers }) => servers.rabbitmq.thaw(),
}
