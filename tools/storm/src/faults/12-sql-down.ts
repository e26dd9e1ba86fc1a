import type { Fault } from './fault.ts'

export const sqlDown: Fault = {
  number: 12,
  name: '12-sql-down',
  title: 'MySQL is killed, and started again 15 s later',
  touches: ['mysql'],
  holdMs: 15_000,
  inject: ({ servers }) => servers.mysql.kill(),
  heal: async ({ servers }) => void (await servers.mysql.start()),
}
