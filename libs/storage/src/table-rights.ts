// What each service does with which table of MySQL, as data: its user may do this and nothing else. Walls have one
// writer: db-writer alone may change channels, entries and refusals. Nobody but the migrations (an administrator)
// makes or changes tables. post-worker has no user: it knows no database.

export type TableRight = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'
export type TableRights = Record<string, readonly TableRight[]>

const reads = ['SELECT'] as const

export const tableRights = {
  gateway: {
    channels: reads,
    entries: reads,
    refusals: reads,
    // Its own: who is there, under which pseudo.
    sessions: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  },
  'message-store': {
    stored_messages: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    message_leases: ['SELECT', 'INSERT', 'UPDATE'],
  },
  'db-writer': {
    channels: ['SELECT', 'INSERT', 'UPDATE'],
    // What is on a wall is never changed: an edit or a removal is an entry of its own.
    entries: ['SELECT', 'INSERT'],
    // UPDATE for the empty one of a refusal that is known (ON DUPLICATE KEY UPDATE), DELETE for old ones.
    refusals: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  },
  'cache-worker': { channels: reads, entries: reads },
} as const satisfies Record<string, TableRights>

/** The services that have a user in MySQL. */
export type DatabaseUser = keyof typeof tableRights

/**
 * The tables of a service's user.
 * @param messageStore gateways keep what the broker does not take in MySQL themselves when it is `mysql` (MESSAGE_STORE)
 */
export function tableRightsOf(user: DatabaseUser, messageStore?: string): TableRights {
  if (user !== 'gateway' || messageStore !== 'mysql') return tableRights[user]
  return { ...tableRights.gateway, ...tableRights['message-store'] }
}
