import { BATCH_POSTS, FRAME_BYTES } from './limits.ts'

/** Room for the other fields of a body. */
const HEAD_BYTES = 1024

/**
 * Splits items into runs that fit into one message: at most 500 of them, and a body of at most 512 KiB. An item that is
 * larger by itself goes alone.
 * @returns each run as its JSON array text, and of how many items it is, in order
 */
export function inChunks(items: readonly unknown[]): { json: string; count: number }[] {
  const chunks: { json: string; count: number }[] = []
  let texts: string[] = []
  let bytes = 0
  const flush = () => {
    if (texts.length > 0) chunks.push({ json: `[${texts.join(',')}]`, count: texts.length })
    texts = []
    bytes = 0
  }
  for (const item of items) {
    const text = JSON.stringify(item)
    const size = Buffer.byteLength(text) + 1
    if (texts.length >= BATCH_POSTS || bytes + size > FRAME_BYTES - HEAD_BYTES) flush()
    texts.push(text)
    bytes += size
  }
  flush()
  return chunks
}

/** A body with a ready JSON text as its last field, so that nothing is encoded twice. */
export function withField(head: object, field: string, json: string): string {
  return `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(field)}:${json}}`
}
