// Every refusal that Parvis gives, over HTTP (RFC 9457 problem+json) and in `problem` frames: one table.
// A code is a public name: add, never rename.

export const problems = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'unknown-frame': { status: 400, title: 'No such frame' },
  'token-missing': { status: 401, title: 'A token is needed' },
  'token-invalid': { status: 401, title: 'The token is not valid' },
  'token-expired': { status: 401, title: 'The token has expired' },
  'session-ended': { status: 401, title: 'The session has ended' },
  'service-token-invalid': { status: 401, title: 'The service token is not valid' },
  'origin-not-allowed': { status: 403, title: 'This page may not speak to this server' },
  'not-found': { status: 404, title: 'No such address' },
  'not-known-yet': { status: 404, title: 'No such post, or not yet' },
  'method-not-allowed': { status: 405, title: 'Not with this method' },
  'request-timeout': { status: 408, title: 'The request took too long to come' },
  'pseudo-taken': { status: 409, title: 'Someone has this pseudo, or one that looks like it' },
  'already-claimed': { status: 409, title: 'Somebody else was first' },
  'id-used': { status: 409, title: 'This id was used for another text' },
  'epoch-changed': { status: 410, title: 'The channel was begun anew' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'content-type': { status: 415, title: 'The body must be application/json' },
  'value-not-fit': { status: 422, title: 'A value does not fit' },
  'text-empty': { status: 422, title: 'The text is empty' },
  'text-too-long': { status: 422, title: 'The text is too long' },
  'text-not-fit': { status: 422, title: 'The text has characters that are not taken' },
  'channel-not-fit': { status: 422, title: 'Not a name for a channel' },
  'pseudo-not-fit': { status: 422, title: 'Not a name for a person' },
  'too-many-channels': { status: 422, title: 'Too many channels on one socket' },
  'post-refused': { status: 422, title: 'The post was refused' },
  'words-not-wanted': { status: 422, title: 'The post has a word that is not wanted here' },
  'too-many-links': { status: 422, title: 'The post has too many links' },
  'too-many-mentions': { status: 422, title: 'The post mentions too many people' },
  'too-many-marks': { status: 422, title: 'The post piles too many marks on a letter' },
  'too-fast': { status: 429, title: 'Too fast' },
  'head-too-large': { status: 431, title: 'The address and headers are too large' },
  'internal-error': { status: 500, title: 'Something is wrong here' },
  'post-parked': { status: 500, title: 'The post could not be handled and was set aside' },
  'not-available': { status: 503, title: 'Not available at the moment' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

/** A refusal as the body of an HTTP answer (application/problem+json). */
export interface Problem {
  type: string
  title: string
  status: number
  code: ProblemCode
  detail: string
  field?: string
  [more: string]: unknown
}

/**
 * Makes the body of a refusal.
 * @param detail a sentence for the person who sent it; the title of the code when left out
 * @param more fields of this code, such as `field`, `suggestion`, `retryAfterS`, `id`
 */
export function problem(code: ProblemCode, detail?: string, more: Record<string, unknown> = {}): Problem {
  const { status, title } = problems[code]
  return { type: `urn:parvis:problem:${code}`, title, status, code, detail: detail ?? title, ...more }
}
