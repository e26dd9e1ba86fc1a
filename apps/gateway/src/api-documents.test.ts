import websocket from '@fastify/websocket'
import { problems } from '@parvis/contracts/problems'
import { createHttpServer } from '@parvis/service/http-server'
import { createMetrics } from '@parvis/service/metrics'
import { Validator } from '@seriousme/openapi-schema-validator'
import { pino } from 'pino'
import { apiDocuments } from './api-documents.ts'
import { authRoutes } from './auth.route.ts'
import { liveRoute } from './live.route.ts'
import { pagesRoute } from './pages.route.ts'
import { postsRoutes } from './posts.route.ts'

// The routes themselves, never called: what they say of themselves is what is looked at.

const nobody = {} as never
const routes: string[] = []
const app = createHttpServer({
  log: pino({ level: 'silent' }),
  metrics: createMetrics('gateway'),
  readiness: () => ({}),
  bodyBytes: 1024,
})
await apiDocuments(app)
await app.register(websocket)
app.addHook('onRoute', ({ method, url }) => {
  for (const one of [method].flat())
    if (one !== 'HEAD') routes.push(`${one.toLowerCase()} ${url.replace(':id', '{id}')}`)
})
authRoutes(app, nobody)
postsRoutes(app, nobody)
pagesRoute(app, nobody)
liveRoute(app, nobody)
afterAll(() => app.close())

const openApi = await got('/openapi.json')
const operations: [string, Operation][] = Object.entries<Record<string, Operation>>(openApi.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, said]): [string, Operation] => [`${method} ${path}`, said]),
)

test('/openapi.json is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  expect(await validator.validate(structuredClone(openApi))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
  expect(await validator.validate({ ...openApi, paths: { '/posts': { get: { responses: 5 } } } })).toMatchObject({
    valid: false,
  })
})

test('/openapi.json has every route', () => {
  const documented = operations.map(([name]) => name)
  expect(routes).not.toEqual([])
  expect(documented).toEqual(expect.arrayContaining(routes))
  expect(documented).toEqual(
    expect.arrayContaining([
      ...['post /auth/choose-pseudo', 'get /auth/validate-session', 'delete /auth/session'],
      ...['post /posts', 'post /post', 'get /posts', 'get /posts/{id}', 'get /ws'],
      ...[
        'get /health/live',
        'get /health/ready',
        'get /metrics',
        'get /docs',
        'get /openapi.json',
        'get /asyncapi.json',
      ],
    ]),
  )
})

test.each(operations)('%s says what it is and what each answer means', (_name, operation) => {
  expect(operation).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] })
  for (const [status, response] of Object.entries(operation.responses)) {
    expect([status, response.description]).not.toEqual([status, 'Default Response'])
  }
})

test.each(operations.filter(([name]) => / \/(auth|posts?)/.test(name)))(
  '%s refuses as problem+json, with the codes of each status',
  (_name, { responses }) => {
    const refused = Object.entries(responses).filter(([status]) => Number(status) >= 400)
    expect(refused).not.toEqual([])
    for (const [status, { description, content }] of refused) {
      expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } })
      const codes = [...description.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code as keyof typeof problems)
      expect(codes).not.toEqual([])
      for (const code of codes) expect(problems[code].status).toBe(Number(status))
    }
  },
)

test('what needs a session says so, and how Prefer, Location and ETag work', () => {
  const said = Object.fromEntries(operations)
  for (const name of ['post /posts', 'post /post', 'get /auth/validate-session', 'delete /auth/session']) {
    expect(said[name]).toMatchObject({ security: [{ session: [] }], responses: { 401: expect.anything() } })
  }
  expect(openApi.components.securitySchemes.session).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(said['post /posts']).toMatchObject({
    parameters: [expect.objectContaining({ in: 'header', name: 'prefer' })],
    responses: { 201: { headers: { 'preference-applied': {} } }, 202: { headers: { location: {} } } },
  })
  expect(said['get /posts']?.parameters).toContainEqual(
    expect.objectContaining({ in: 'header', name: 'if-none-match' }),
  )
  expect(said['get /posts']?.responses).toMatchObject({
    200: { headers: { etag: {}, 'x-parvis-source': {} } },
    304: {},
  })
})

test('/asyncapi.json is there', async () => {
  expect(await got('/asyncapi.json')).toMatchObject({ asyncapi: '3.0.0', channels: { live: { address: '/ws' } } })
})

test('/docs brings no content security policy of its own', async () => {
  const page = await app.inject({ url: '/docs/' })
  expect(page.statusCode).toBe(200)
  expect(page.body).toContain('swagger-ui')
  expect(page.headers).not.toHaveProperty('content-security-policy')
})

interface Operation {
  summary?: string
  parameters?: object[]
  responses: Record<string, { description: string; content?: object }>
}

async function got(url: string) {
  const answer = await app.inject({ url })
  expect(answer.statusCode).toBe(200)
  return answer.json()
}
