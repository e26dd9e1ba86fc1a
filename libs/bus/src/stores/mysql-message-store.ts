import type { MessageType } from '@parvis/contracts/topology'
import {
  fitting,
  HOUR_MS,
  type MessageStore,
  type NewMessage,
  type Of,
  type StoredMessage,
  storeFull,
} from './message-store.ts'

type Query = <R>(sql: string, values?: unknown[]) => Promise<R[]>

/** What the store needs of a database client; `openMysql` of libs/storage gives it. */
export interface Sql {
  query: Query
  transaction<R>(work: (query: Query) => Promise<R>): Promise<R>
}

interface Row {
  position: number
  message_id: string
  routing_key: string
  content: string
  exchange: string
  type: string
  mandatory: number
  partition_no: number
  source: string
  headers: string | null
  first_tried_at: number
  claims: number
  now: number
}

// Leases and ages go by the database's clock: processes on several machines have several.
const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)'
const COLUMNS =
  'position, message_id, routing_key, content, exchange, type, mandatory, partition_no, source, headers, first_tried_at, claims'
/** For how long the store trusts its last count when it looks whether it is full. */
const COUNT_MS = 1_000

/**
 * Messages in MySQL or MariaDB: the tables of apps/message-store/src/migrations. Any number of processes share them.
 * @param messages, bytes at about this many (the count is up to a second old) `add` is refused with `store-full`
 */
export function mysqlMessageStore(
  sql: Sql,
  {
    messages: most = 1_000_000,
    bytes: mostBytes = 4 * 1024 ** 3,
    expireMs = 24 * HOUR_MS,
  }: { messages?: number; bytes?: number; expireMs?: number } = {},
): MessageStore {
  const leased = new Set<number>()
  let counted = { count: 0, bytes: 0, at: 0 }

  const stored = (row: Row): StoredMessage => ({
    messageId: row.message_id,
    routingKey: row.routing_key,
    content: row.content,
    options: {
      exchange: row.exchange,
      type: row.type as MessageType,
      mandatory: row.mandatory === 1,
      partition: row.partition_no,
      source: row.source,
      ...(row.headers !== null && { headers: JSON.parse(row.headers) }),
    },
    timestamp: row.first_tried_at,
    position: row.position,
    claims: row.claims,
    expired: row.now - row.first_tried_at >= expireMs,
  })

  async function held(of: Of = {}) {
    const [where, values] = matching(of)
    const [row] = await sql.query<{ count: number; bytes: string | null; oldest: number | null }>(
      `SELECT COUNT(*) AS count, SUM(bytes) AS bytes, MIN(first_tried_at) AS oldest FROM stored_messages WHERE ${where}`,
      values,
    )
    return { count: row?.count ?? 0, bytes: Number(row?.bytes ?? 0), oldest: row?.oldest ?? null }
  }

  async function refuseWhenFull(): Promise<void> {
    if (Date.now() - counted.at > COUNT_MS) counted = { ...(await held()), at: Date.now() }
    if (counted.count >= most) throw storeFull(`${most} messages`)
    if (counted.bytes >= mostBytes) throw storeFull(`${mostBytes} bytes`)
  }

  /** A claim locks a partition's row, which must be there; they are as many as partitions and stay. */
  async function makeLease(partitions: number[]): Promise<void> {
    const absent = partitions.filter((partition) => !leased.has(partition))
    if (absent.length === 0) return
    await sql.query('INSERT INTO message_leases (partition_no) VALUES ? ON DUPLICATE KEY UPDATE owner = owner', [
      absent.map((partition) => [partition]),
    ])
    for (const partition of absent) leased.add(partition)
  }

  /** The sizes first: what does not fit into one answer is not read at all. */
  async function read(query: Query, where: string, values: unknown[], limit: number) {
    const heads = await query<{ position: number; bytes: number }>(
      `SELECT position, bytes FROM stored_messages WHERE ${where} ORDER BY position LIMIT ?`,
      [...values, limit + 1],
    )
    const shown = heads.slice(0, limit)
    const positions = shown.slice(0, fitting(shown.map(({ bytes }) => bytes))).map(({ position }) => position)
    if (positions.length === 0) return { rows: [], more: false }
    const rows = await query<Row>(
      `SELECT ${COLUMNS}, ${NOW} AS now FROM stored_messages WHERE position IN (?) ORDER BY position`,
      [positions],
    )
    return { rows, more: heads.length > positions.length }
  }

  return {
    held,
    async add(message: NewMessage) {
      await refuseWhenFull()
      const { options, content } = message
      // An empty update: a known message stays as it is, and the count of changed rows says which it was.
      const answer = await sql.query(
        `INSERT INTO stored_messages (message_id, routing_key, content, bytes, exchange, type, mandatory, partition_no,
          source, headers, first_tried_at, stored_at) VALUES (?, ${NOW}) ON DUPLICATE KEY UPDATE position = position`,
        [
          [
            message.messageId,
            message.routingKey,
            content,
            Buffer.byteLength(content),
            options.exchange,
            options.type,
            options.mandatory ? 1 : 0,
            options.partition,
            options.source,
            options.headers === undefined ? null : JSON.stringify(options.headers),
            message.timestamp,
          ],
        ],
      )
      return { added: affected(answer) > 0, durable: true }
    },
    async list({ after = 0, limit }) {
      const { rows, more } = await read(sql.query, 'position > ?', [after], limit)
      const last = rows.at(-1)
      return { messages: rows.map(stored), next: more && last ? last.position : null }
    },
    async claim({ owner, leaseMs, limit, ...of }) {
      const [where, values] = matching(of)
      const present = await sql.query<{ partition_no: number }>(
        `SELECT DISTINCT partition_no FROM stored_messages WHERE ${where}`,
        values,
      )
      const partitions = present.map(({ partition_no }) => partition_no)
      if (partitions.length === 0) return []
      await makeLease(partitions)
      return sql.transaction(async (query) => {
        // Whoever claims at this moment has the row locked, and will have the lease: that partition is theirs.
        const free = await query<{ partition_no: number }>(
          `SELECT partition_no FROM message_leases WHERE partition_no IN (?) AND (lease_until <= ${NOW} OR owner = ?)
            FOR UPDATE SKIP LOCKED`,
          [partitions, owner],
        )
        if (free.length === 0) {
          // Claimed by others, or the rows are gone with a database that was restored: the next claim makes them.
          leased.clear()
          return []
        }
        const mine = free.map(({ partition_no }) => partition_no)
        const { rows } = await read(query, `${where} AND partition_no IN (?)`, [...values, mine], limit)
        if (rows.length === 0) return []
        await query(`UPDATE message_leases SET owner = ?, lease_until = ${NOW} + ? WHERE partition_no IN (?)`, [
          owner,
          leaseMs,
          [...new Set(rows.map(({ partition_no }) => partition_no))],
        ])
        await query('UPDATE stored_messages SET claims = claims + 1 WHERE position IN (?)', [
          rows.map(({ position }) => position),
        ])
        return rows.map(stored)
      })
    },
    async release(owner, partition) {
      const also = partition === undefined ? '' : ' AND partition_no = ?'
      await sql.query(`UPDATE message_leases SET owner = NULL, lease_until = 0 WHERE owner = ?${also}`, [
        owner,
        ...(partition === undefined ? [] : [partition]),
      ])
    },
    async remove(messageId) {
      return affected(await sql.query('DELETE FROM stored_messages WHERE message_id = ?', [messageId])) > 0
    },
  }
}

function matching({ partition, source }: Of): [where: string, values: unknown[]] {
  return [
    [
      '1 = 1',
      ...(partition === undefined ? [] : ['partition_no = ?']),
      ...(source === undefined ? [] : ['source = ?']),
    ].join(' AND '),
    [...(partition === undefined ? [] : [partition]), ...(source === undefined ? [] : [source])],
  ]
}

/** mysql2 answers a statement that reads nothing with a header in place of rows. */
function affected(answer: unknown): number {
  return (answer as { affectedRows?: number }).affectedRows ?? 0
}
