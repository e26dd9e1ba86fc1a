import type { Piece } from '@parvis/storage/read-wall'
import { dataHeaders } from './security-headers.ts'

/** A page as it goes out: its bytes and the head of its answer, made once and sent to everyone who asks for it. */
export interface ReadyPage {
  page: PageHead
  body: Buffer
  /** Names and values in turn, as Node's `writeHead` takes them. */
  head: string[]
}

/** What a page says of its entries. */
export type PageHead = Omit<Piece, 'entries'>

/** @param body the page as JSON, to be answered from memory */
export function readyPage(page: PageHead, body: Buffer): ReadyPage {
  const headers = {
    ...pageHeaders(page, 'memory'),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    ...dataHeaders,
  }
  return { page, body, head: Object.entries(headers).flat() }
}

/** What the answer with a page says of it. @param source where it was read */
export function pageHeaders({ epoch, first, last, head }: PageHead, source: string) {
  const etag = `"${epoch ?? ''}:${first}-${last}/${head}"`
  return { etag, 'cache-control': 'no-cache', 'x-parvis-source': source }
}
