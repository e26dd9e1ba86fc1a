import type { Fault } from './fault.ts'

/** The broker's own default on 3.10; 4.x has 0.6. */
const NORMAL = '0.4'

export const memoryAlarm: Fault = {
  number: 5,
  name: '5-memory-alarm',
  title: 'the broker is out of memory and takes no message for 10 s',
  touches: ['broker'],
  holdMs: 10_000,
  inject: async ({ servers }) => void (await servers.rabbitmqctl(['set_vm_memory_high_watermark', '0.00001'])),
  heal: async ({ servers }) => void (await servers.rabbitmqctl(['set_vm_memory_high_watermark', NORMAL])),
}
