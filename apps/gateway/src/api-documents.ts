import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { asyncApi } from '@parvis/contracts/asyncapi'
import { Entry, Post } from '@parvis/contracts/post'
import { shareSchemas } from '@parvis/contracts/share-schemas'
import type { HttpServer } from '@parvis/service/http-server'
import { Type } from 'typebox'
import { ProblemBody } from './answers.ts'

// What can be asked of this gateway, for people (/docs) and programs (/openapi.json, /asyncapi.json).

const plainAnswer = (description: string, type: string) => ({ description, content: { [type]: {} } })
const operation = (summary: string, responses: object) => ({ get: { tags: ['process'], summary, responses } })

// Routes that are there before the documents are, or that a plugin adds.
const otherPaths = {
  '/health/live': operation('Does this process turn?', { 200: plainAnswer('it does', 'application/json') }),
  '/health/ready': operation('Is what it leans on there?', {
    200: plainAnswer('it is, or what is missing is not needed to go on', 'application/json'),
    503: plainAnswer('no', 'application/json'),
  }),
  '/metrics': operation('Figures for Prometheus', { 200: plainAnswer('the figures', 'text/plain') }),
  '/docs': operation('This document, to read and to try', { 200: plainAnswer('a page', 'text/html') }),
}

/** To be called before the routes are added: what comes after it is in the document. */
export async function apiDocuments(app: HttpServer): Promise<void> {
  const live = await asyncApi()
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parvis',
        version: '1',
        license: { name: 'MIT', identifier: 'MIT' },
        description:
          'A public wall that everyone can write on and everyone sees at once. The live protocol and the messages of RabbitMQ are in /asyncapi.json. Every refusal is application/problem+json with a `code`.',
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'auth', description: 'Pseudos and sessions' },
        { name: 'posts', description: 'Posting and reading' },
        { name: 'live', description: 'Sockets' },
        { name: 'process', description: 'This process, and what it says of itself' },
      ],
      components: {
        securitySchemes: {
          session: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'the token of POST /auth/choose-pseudo, good for 24 h',
          },
        },
      },
      paths: otherPaths as never,
    },
    convertConstToEnum: false,
    transformObject: (made) => {
      const document = (made as { openapiObject: OpenApi }).openapiObject
      const { value: paths, definitions: schemas } = shareSchemas(document.paths, { Problem: ProblemBody, Post, Entry })
      return { ...document, paths, components: { ...document.components, schemas } } as never
    },
  })
  // The page's policy holds here too; the plugin's own would send a room's browsers to https, where nobody answers.
  await app.register(swaggerUi, { routePrefix: '/docs' })

  const describe = (summary: string, description: string) => ({
    schema: { tags: ['process'], summary, response: { 200: Type.Object({}, { description }) } },
  })
  app.get('/openapi.json', describe('What HTTP takes and gives', 'OpenAPI 3.1'), async () => app.swagger())
  app.get('/asyncapi.json', describe('What the sockets and RabbitMQ carry', 'AsyncAPI 3.0'), async () => live)
}

interface OpenApi {
  components: { schemas: Record<string, unknown> }
  paths: object
}
