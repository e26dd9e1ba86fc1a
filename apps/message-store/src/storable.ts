import { Refusal } from '@parvis/service/problem-answer'

/** AMQP writes the length of a name into one byte. */
const NAME_BYTES = 255
/** Headers travel in a table of 64 KiB at most, where a number has up to nine bytes. */
const HEADERS_BYTES = 8 * 1024
/** Writing JSON goes as deep as its value, and some 3,000 levels are too deep for a stack. */
const LEVELS = 200

// One message that AMQP cannot carry would hold up all behind it: whoever republishes goes by their order.

/** Throws a Refusal that names the first of these texts that is too long for a name in AMQP. */
export function refuseLong(texts: Record<string, string>): void {
  for (const [field, text] of Object.entries(texts)) {
    if (Buffer.byteLength(text) <= NAME_BYTES) continue
    throw new Refusal('value-not-fit', `${field}: at most ${NAME_BYTES} bytes in UTF-8`, { field })
  }
}

/** Throws a Refusal for headers that are too large, or have a name that AMQP, or its client, cannot carry. */
export function refuseUnfitHeaders(headers: Record<string, unknown> = {}): void {
  const field = 'options.headers'
  refuseDeep(field, headers)
  const written = JSON.stringify(headers, (name, value) => {
    refuseLong({ [field]: name })
    // amqplib's mark of a value that says its own type.
    if (name === '!') throw new Refusal('value-not-fit', `${field}: no header is called !`, { field })
    return value
  })
  if (Buffer.byteLength(written) > HEADERS_BYTES) {
    throw new Refusal('body-too-large', `${field}: at most ${HEADERS_BYTES} bytes of JSON`, { field })
  }
}

/** Throws a Refusal for a value that is nested too deep to be written. */
export function refuseDeep(field: string, value: unknown): void {
  if (!isDeeper(value, LEVELS)) return
  throw new Refusal('value-not-fit', `${field}: at most ${LEVELS} levels deep`, { field })
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1))
}
