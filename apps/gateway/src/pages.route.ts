import type { HttpServer } from '@parvis/service/http-server'
import { PageQuery, readPageQuery, refuseOtherEpoch } from '@parvis/service/page-query'
import type { PieceQuestion } from '@parvis/storage/read-wall'
import { Type } from 'typebox'
import { answer, PageBody, refusals } from './answers.ts'
import type { PageAnswer } from './read-page.ts'
import { pageHeaders } from './ready-page.ts'

const schema = {
  tags: ['posts'],
  summary: 'A page of a channel, ascending; the newest when no cursor is given',
  querystring: PageQuery,
  headers: Type.Object({
    'if-none-match': Type.Optional(Type.String({ description: 'the `etag` of the page that you have' })),
  }),
  response: {
    200: answer(PageBody, 'The page; empty, with the epoch null, for a channel that nobody has posted to.', {
      etag: 'changes when the page does',
      'x-parvis-source': 'where it was read: memory, redis or mysql',
      'x-parvis-stale': 'true when nobody who knows MySQL could be asked',
    }),
    304: Type.Null({ description: 'The page is as you have it.' }),
    ...refusals('epoch-changed', 'value-not-fit', 'channel-not-fit', 'too-fast', 'not-available'),
  },
}

/** `GET /posts`: reading over HTTP. */
export function pagesRoute(
  app: HttpServer,
  needs: {
    readPage: (question: PieceQuestion, address: string) => Promise<PageAnswer>
    /** Told of each page where it was read. */
    onRead: (source: PageAnswer['source']) => void
  },
): void {
  app.get('/posts', { schema }, async (request, reply) => {
    const { epoch, ...question } = readPageQuery(request.query)
    const { source, stale, ...read } = await needs.readPage(question, request.ip)
    const { page } = read
    needs.onRead(source)
    refuseOtherEpoch(epoch, page.epoch)
    const headers = pageHeaders(page, source)
    reply.headers(headers)
    if (stale) reply.header('x-parvis-stale', 'true')
    // Not null, which would be a body of four letters.
    if (has(request.headers['if-none-match'], headers.etag)) return reply.code(304).send(undefined as never)
    // Bytes go out as they are, past the serializer; the type of the answer does not know of them.
    if (read.body) return reply.type('application/json; charset=utf-8').send(read.body as never)
    return read.page
  })
}

/** Whether `If-None-Match` names this page (RFC 9110, 13.1.2): a list of tags, weak or not, or `*` for any. */
function has(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
