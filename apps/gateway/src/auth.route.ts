import type { Bus } from '@parvis/bus/connect-bus'
import { isTransient } from '@parvis/bus/errors'
import { checkPseudo } from '@parvis/contracts/check-pseudo'
import { sessionEnded } from '@parvis/contracts/session-ended'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { Type } from 'typebox'
import { answer, badBody, needsSession, refusals, SessionBody, TokenBody, withoutSession } from './answers.ts'
import type { Limits } from './limits.ts'
import { bearer, type Sessions } from './sessions.ts'
import type { SessionsTable } from './sessions-table.ts'

/** Choosing a pseudo, checking a session, leaving. */
export function authRoutes(
  app: HttpServer,
  needs: {
    sessions: Sessions
    table: SessionsTable
    publish: Bus['publish']
    limits: Limits
    /** Closes this gateway's sockets of a session, whether or not the broker is there to tell the others. */
    onEnded: (sessionId: string) => void
  },
) {
  const { sessions, table } = needs
  const tags = ['auth']

  const Wish = Type.Object({ pseudo: Type.String() }, { additionalProperties: false })
  app.post(
    '/auth/choose-pseudo',
    {
      schema: {
        tags,
        summary: 'Choose a pseudo: unique while the session lives, also against look-alikes',
        description:
          'With an old token (expired up to 7 days) as Bearer, that session goes on under the pseudo; its tokens of another are over.',
        body: Wish,
        security: [{}, ...needsSession],
        response: {
          201: answer(TokenBody, 'The pseudo is yours; `token` says so for 24 h.'),
          ...refusals(...badBody, 'pseudo-not-fit', 'pseudo-taken', 'too-fast', 'not-available'),
        },
      },
    },
    async (request, reply) => {
      const checked = checkPseudo(request.body.pseudo)
      if ('fault' in checked) throw Refusal.of(checked.fault)
      needs.limits.session(request.ip)
      const { pseudo } = checked
      const session = await unlessAway(async () => {
        const kept = await sessions.renewable(bearer(request.headers.authorization)).catch((error) => {
          if (error instanceof Refusal) return undefined
          throw error
        })
        const taken = await table.take(pseudo, kept)
        if (taken) return taken
        const suggestion = await table.suggest(pseudo)
        throw new Refusal('pseudo-taken', `pseudo: ${suggestion} is free`, { field: 'pseudo', suggestion })
      })
      sessions.remember(session)
      const { id: sessionId, expiresAt } = session
      return reply.code(201).send({ token: sessions.sign(session), pseudo, sessionId, expiresAt })
    },
  )

  app.get(
    '/auth/validate-session',
    {
      schema: {
        tags,
        summary: 'Is this token good?',
        security: needsSession,
        response: { 200: answer(SessionBody, 'It is.'), ...refusals(...withoutSession) },
      },
    },
    async (request) => {
      const { id: sessionId, pseudo, expiresAt } = await sessions.check(bearer(request.headers.authorization))
      return { valid: true as const, pseudo, sessionId, expiresAt }
    },
  )

  app.delete(
    '/auth/session',
    {
      schema: {
        tags,
        summary: 'Leave: the pseudo is free, the sockets of the session close',
        security: needsSession,
        response: {
          204: Type.Null({ description: 'You have left.' }),
          ...refusals(...withoutSession, 'not-available'),
        },
      },
    },
    async (request, reply) => {
      const { id } = await sessions.check(bearer(request.headers.authorization))
      await unlessAway(() => table.end(id))
      sessions.onEnded(id)
      needs.onEnded(id)
      // Should the broker be away, the others learn it from MySQL when they next look (30 s).
      await needs.publish(sessionEnded(id)).catch((error) => request.log.warn({ err: error }, 'session end not told'))
      return reply.code(204).send(null)
    },
  )
}

/** With MySQL away nobody can choose a pseudo or leave: 503, and when to try again. */
async function unlessAway<R>(run: () => Promise<R>): Promise<R> {
  try {
    return await run()
  } catch (error) {
    if (!isTransient(error)) throw error
    throw new Refusal('not-available', 'sessions cannot be kept at the moment', { retryAfterS: 2 })
  }
}
