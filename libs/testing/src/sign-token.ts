import { createHmac } from 'node:crypto'

/** Signs a token as a gateway does (RFC 7519, HS256): for tests of tokens that no gateway would give out. */
export function signToken(secret: string, claims: object, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
