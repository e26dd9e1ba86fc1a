import { Refusal } from './problem-answer.ts'

export interface Cursor {
  seq: number
  epoch?: string
}

/** Reads `<seq>` or `<epoch>:<seq>`; throws a Refusal for anything else. */
export function readCursor(field: string, text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined
  const match = /^(?:([A-Za-z0-9_-]{1,64}):)?(\d{1,15})$/.exec(text)
  if (!match) throw new Refusal('value-not-fit', `${field}: a sequence, <seq> or <epoch>:<seq>`, { field })
  const [, epoch, seq] = match
  return { seq: Number(seq), ...(epoch !== undefined && { epoch }) }
}
