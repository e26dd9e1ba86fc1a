import type { Entry } from '@parvis/contracts/post'

/** A row of `entries`, as `entryColumns` selects it. */
export interface EntryRow {
  seq: number
  kind: number
  id: Buffer
  client_id: Buffer
  author: string
  text: string
  via: number
  found: string | null
  created_at: number
  reviewed_at: number
  stored_at: number
}

export const entryColumns =
  'e.seq, e.kind, e.id, e.client_id, e.author, e.text, e.via, e.found, e.created_at, e.reviewed_at, e.stored_at'

const kinds = ['post', 'edit', 'removal'] as const
/** `via` in a row: 0 through a gateway, 1 by hand. */
export const VIA_BROKER = 1

/** What everyone sees of a row; a function of the row alone. */
export function entryOf(row: EntryRow, channel: string): Entry {
  const found: { mentions?: string[]; links?: string[] } = row.found === null ? {} : JSON.parse(row.found)
  return {
    seq: row.seq,
    kind: kinds[row.kind] ?? 'post',
    post: {
      id: uuidOf(row.id),
      clientId: uuidOf(row.client_id),
      channel,
      author: row.author,
      text: row.text,
      ...(row.via === VIA_BROKER && { via: 'broker' as const }),
      ...found,
      createdAt: row.created_at,
      reviewedAt: row.reviewed_at,
      storedAt: row.stored_at,
    },
  }
}

/** 16 bytes to the text form of a UUID. */
export function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A UUID's text form to its 16 bytes. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
