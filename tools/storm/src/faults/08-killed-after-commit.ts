import { dieAt } from '../rewrite/points.ts'
import type { Fault } from './fault.ts'

export const killedAfterCommit: Fault = {
  number: 8,
  name: '8-killed-after-commit',
  title: 'db-writers die when MySQL has committed and nobody knows',
  touches: ['worker'],
  holdMs: 500,
  async inject({ points }, { expect }) {
    for (let n = 0; n < 2; n++)
      expect('a db-writer dies after the commit', await dieAt(points, 'db-writer', 'after-commit'))
    expect('a cache-worker dies when Redis is written', await dieAt(points, 'cache-worker', 'after-handling'))
  },
}
