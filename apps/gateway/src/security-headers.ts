import helmet from '@fastify/helmet'
import type { HttpServer } from '@parvis/service/http-server'

/** The content security policy of all: the page's own files and its own sockets, nothing inline or from elsewhere. */
const pagePolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  // The same host's sockets too, in every browser that the page is built for.
  connectSrc: ["'self'"],
  fontSrc: ["'none'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  // Forms are sent by scripts alone.
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  // No text becomes a document or a script, whatever a library does.
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: ["'none'"],
  // A room's wall is served over plain http on a LAN address.
  upgradeInsecureRequests: null,
}

// Swagger UI writes documents from texts and brings its images along.
const docsPolicy = {
  ...pagePolicy,
  imgSrc: ["'self'", 'data:'],
  requireTrustedTypesFor: null,
  trustedTypes: null,
}

// What of a device neither the page nor anything in it may ask for.
const permissions = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'screen-wake-lock',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ')

/** Puts on every answer what browsers are to refuse. */
export async function securityHeaders(app: HttpServer): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { directives: pagePolicy },
    frameguard: { action: 'deny' },
    // Whoever serves the wall over https says so; here it may be plain http in a room.
    strictTransportSecurity: false,
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('permissions-policy', permissions)
    if (/^\/docs\b/.test(request.url)) await reply.helmet({ contentSecurityPolicy: { directives: docsPolicy } })
  })
}
