import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { problem } from '@parvis/contracts/problems'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'
import { onClientError } from './on-client-error.ts'
import { answerProblem, onError, Refusal } from './problem-answer.ts'
import { validator } from './validator.ts'

/** What a process leans on, and how it is: `up` and `degraded` are ready, `down` is not. */
export type Readiness = () => Record<string, 'up' | 'degraded' | 'down'>

/**
 * The HTTP server of a process: problem+json for every refusal, /health/live (the loop turns), /health/ready (what it
 * leans on is there), /metrics. Routes are added by the caller; `listen` starts it.
 * @param bodyBytes the largest body it reads
 * @param pathPartChars the longest part of a path that is a parameter
 * @param webSocketPath the one path that a connection may be upgraded at; none without it
 * @param proxies how many of our own are before it: the address of a request is what the outermost of them saw
 */
export function createHttpServer(options: {
  log: Logger
  metrics: Metrics
  readiness: Readiness
  bodyBytes: number
  pathPartChars?: number
  proxies?: number
  webSocketPath?: string
}) {
  const app = fastify({
    loggerInstance: withoutChildren(options.log) as FastifyBaseLogger,
    // One line a request is noise under load, and addresses are nobody's business; metrics count them.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyBytes,
    routerOptions: { maxParamLength: options.pathPartChars ?? 100 },
    // Not asked for at all where there are none: to look for them takes as long as to find the address.
    trustProxy: options.proxies ? (_address: string, hop: number) => hop < (options.proxies ?? 0) : false,
    http: { shouldUpgradeCallback: (request) => mayUpgrade(request, options.webSocketPath) },
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
    // What the router refuses before any route is looked at: a broken escape, a path part that is too long.
    frameworkErrors: onError,
    clientErrorHandler: onClientError,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(validator)
  // Fastify's own serializer silently drops fields that a schema does not name, such as a problem's further ones.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  // Fastify reads text/plain too, which a page of any host may send without being asked; here all bodies are JSON.
  app.removeContentTypeParser(['text/plain', 'application/json'])
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Fastify's own would put U+FFFD in place of what is no UTF-8, and post something that nobody wrote.
    if (!isUtf8(body as Buffer)) return done(new Refusal('malformed-json', 'the body is not JSON in UTF-8'))
    return parseJson(request, body.toString(), done)
  })
  app.setErrorHandler(onError)
  answerWhatIsNoRoute(app)

  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const checks = options.readiness()
    const states = Object.values(checks)
    const status = states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'up'
    reply.code(status === 'down' ? 503 : 200)
    return { status, checks }
  })
  app.get('/metrics', async (_request, reply) => {
    reply.type(options.metrics.registry.contentType)
    return options.metrics.registry.metrics()
  })
  return app
}

/**
 * What must not be upgraded is a request like any other. The plugin for sockets would upgrade every route, with a line in
 * the log for each; and one that is asked for while an answer is still on its way, it would leave open for ever.
 */
function mayUpgrade({ url = '', socket }: IncomingMessage, path: string | undefined): boolean {
  const answering = (socket as { _httpMessage?: unknown })._httpMessage
  return url.split('?')[0] === path && !answering
}

/**
 * To look for the methods of a path takes as long as the path is, 5 ms for one of 15 KB. A longer one than this, as no route
 * of a gateway has, is 404 without looking.
 */
const LONGEST_PATH = 128

/** 404, or 405 with the methods (RFC 9110, 15.5.6) where it is the method alone that no route has. */
function answerWhatIsNoRoute(app: Pick<FastifyInstance, 'addHook' | 'setNotFoundHandler'>): void {
  const routes: { path: URLPattern; methods: string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    // What serves files, and what answers a browser's questions about other hosts, has every address.
    if (!url.includes('*')) routes.push({ path: new URLPattern({ pathname: url }), methods: [method].flat() })
  })
  app.setNotFoundHandler((request, reply) => {
    const pathname = request.url.split('?')[0]!
    const fit = pathname.length <= LONGEST_PATH ? routes : []
    const methods = fit.filter(({ path }) => path.test({ pathname })).flatMap((route) => route.methods)
    if (methods.length === 0) return answerProblem(reply, problem('not-found'))
    const allowed = [...new Set(methods)].sort().join(', ')
    reply.header('allow', allowed)
    return answerProblem(reply, problem('method-not-allowed', `with ${allowed} alone`))
  })
}

/** Fastify makes a logger for each request. With no line a request, what it would add tells nothing, for 1 µs a request. */
function withoutChildren(log: Logger): Logger {
  const alone: Logger = Object.create(log, { child: { value: () => alone } })
  return alone
}
export type HttpServer = ReturnType<typeof createHttpServer>

/**
 * Listens, and gives the address for people and the release for `own`.
 * Rejects with a plain sentence when the port is taken.
 */
export async function listen(app: HttpServer, host: string, port: number) {
  try {
    // A classroom arrives all at once: the queue of connections not yet accepted is as long as Linux's default bound.
    await app.listen({ host, port, backlog: 4096 })
  } catch (error) {
    if (Error.isError(error) && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new Error(`port ${port} is taken: set PORT to another one`)
    }
    throw error
  }
  const address = app.server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  return {
    url: `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${actual}`,
    [Symbol.asyncDispose]: () => app.close(),
  }
}
