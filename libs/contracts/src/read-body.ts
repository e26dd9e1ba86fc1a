import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** A message that cannot be understood. Trying again cannot help: it is parked with `message` as the reason. */
export class InvalidMessageError extends Error {
  override name = 'InvalidMessageError'
}

/**
 * Makes a reader for bodies of one schema. Not for the page: the compiler is 39 KB there.
 * @returns a function from bytes or a parsed value to the message; it throws an InvalidMessageError that names the
 *   first field that does not fit, and what was expected
 */
export function bodyReader<S extends TSchema>(schema: S): (body: Uint8Array | unknown) => Static<S> {
  const compiled = Compile(schema)
  return (body) => {
    const value = body instanceof Uint8Array ? parseJson(body) : body
    if (compiled.Check(value)) return value
    throw new InvalidMessageError(describe(compiled.Errors(value)))
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes to a JSON value; throws an InvalidMessageError for bad UTF-8 and bad JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    // The engine's own message quotes the body, which belongs in no log.
    throw new InvalidMessageError('malformed-json: the body is not JSON in UTF-8')
  }
}

/** An unknown field may be called anything, at any length: what is told of its name, in characters. */
const FIELD_CHARACTERS = 100

interface SchemaFault {
  keyword: string
  instancePath: string
  message: string
  params: object
}

/** The first fault as one sentence: the field, then what is expected there. Control characters would move a terminal. */
function describe(faults: readonly SchemaFault[]): string {
  const fault = faults[0]
  if (!fault) return 'value-not-fit: the body does not fit'
  const field =
    fault.instancePath
      .slice(1, 1 + FIELD_CHARACTERS)
      .replaceAll('/', '.')
      .replace(/\p{Cc}/gu, '�') || 'body'
  // A strict object says "schema is false" of a field that it does not have.
  if (fault.keyword === 'boolean') return `value-not-fit: ${field}: no such field`
  const constant = fault.keyword === 'const' && 'allowedValue' in fault.params ? ` (${fault.params.allowedValue})` : ''
  return `value-not-fit: ${field}: ${fault.message}${constant}`
}
