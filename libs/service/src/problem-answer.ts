import type { Fault as ValueFault } from '@parvis/contracts/check-text'
import { type Problem, type ProblemCode, problem } from '@parvis/contracts/problems'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** A refusal, thrown from a route: the answer is its problem+json. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly problem: Problem

  constructor(code: ProblemCode, detail?: string, more: Record<string, unknown> = {}) {
    super(detail ?? code)
    this.problem = problem(code, detail, more)
  }

  static of(fault: ValueFault): Refusal {
    return new Refusal(fault.code, fault.message, { field: fault.field })
  }
}

/** Answers with a refusal; `Retry-After` where it has `retryAfterS`. */
export function answerProblem(reply: FastifyReply, body: Problem): FastifyReply {
  if (typeof body.retryAfterS === 'number') reply.header('retry-after', Math.ceil(body.retryAfterS))
  return reply.code(body.status).type('application/problem+json').send(body)
}

/** Turns whatever a route throws into problem+json. Only what is our own fault is logged as an error. */
export function onError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Refusal) return answerProblem(reply, error.problem)
  // A server behind us is away or busy for now. By its name: such errors come from several packages.
  if (error.name === 'TransientError') {
    request.log.warn({ reason: error.message }, 'a request could not be answered for now')
    return answerProblem(reply, problem('not-available', undefined, { retryAfterS: 1 }))
  }
  const known = byFastify(error)
  if (known) return answerProblem(reply, known)
  request.log.error({ err: error }, 'a request failed')
  return answerProblem(reply, problem('internal-error'))
}

function byFastify(error: FastifyError): Problem | undefined {
  if (error.validation?.[0]) {
    const { instancePath, message, params, keyword } = error.validation[0]
    const required = (params as { requiredProperties?: string[] }).requiredProperties?.[0]
    const field = [instancePath.slice(1).replaceAll('/', '.'), required].filter(Boolean).join('.') || 'body'
    const what = keyword === 'boolean' ? 'no such field' : required ? 'is missing' : message
    return problem('value-not-fit', `${field}: ${what}`, { field })
  }
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return problem('malformed-json')
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('body-too-large', error.message)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problem('content-type')
  }
  if (error instanceof SyntaxError) return problem('malformed-json')
  const status = error.statusCode ?? 500
  if (status === 429) return problem('too-fast', error.message)
  return status >= 400 && status < 500 ? problem('malformed-request', error.message) : undefined
}
