import type { Fault } from './fault.ts'

/** What runs meanwhile is told so (1053, 1317), or hears that the connection was killed, before it is closed. */
export const sqlRestarted: Fault = {
  number: 12,
  name: '12-sql-restarted',
  title: 'MySQL is told to end, does so in its own order, and is started again',
  touches: ['mysql'],
  holdMs: 1_000,
  inject: ({ servers }) => servers.mysql.stop(),
  heal: async ({ servers }) => void (await servers.mysql.start()),
}
