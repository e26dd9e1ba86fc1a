import { dieAt } from '../rewrite/points.ts'
import type { Fault } from './fault.ts'

export const killedBeforeAck: Fault = {
  number: 9,
  name: '9-killed-before-ack',
  title: 'workers die when what they caused is published and what caused it is not acked',
  touches: ['worker', 'broker', 'mysql'],
  holdMs: 500,
  async inject({ points }, { expect }) {
    for (const service of ['post-worker', 'db-writer', 'cache-worker'] as const) {
      expect(`a ${service} dies before the ack`, await dieAt(points, service, 'before-ack'))
    }
  },
}
