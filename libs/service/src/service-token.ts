import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Refusal } from './problem-answer.ts'

/** A hook for operators' routes: refuses a request without `Authorization: Bearer <SERVICE_TOKEN>`. */
export function requireServiceToken(token: string) {
  const expected = Buffer.from(`Bearer ${token}`)
  return async (request: FastifyRequest): Promise<void> => {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Refusal('service-token-invalid')
    }
  }
}
