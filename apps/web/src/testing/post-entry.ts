import type { Entry } from '@parvis/contracts/post'

/** An entry of channel `wall` as a gateway would send it; its ids are made from `seq` unless given. */
export function postEntry(seq: number, post: Partial<Entry['post']> = {}, kind: Entry['kind'] = 'post'): Entry {
  const tail = String(seq).padStart(12, '0')
  return {
    seq,
    kind,
    post: {
      id: `00000000-0000-7000-8000-${tail}`,
      clientId: `11111111-0000-7000-8000-${tail}`,
      channel: 'wall',
      author: 'ana',
      text: `post ${seq}`,
      createdAt: seq,
      reviewedAt: seq,
      storedAt: seq,
      ...post,
    },
  }
}
