import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpServer } from '@parvis/service/http-server'
import helmet from 'helmet'

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

/**
 * Data: nothing in it may run or be shown, should someone open it as a page. What is about pages alone is left out: Node
 * checks each header of each answer, and that shows in the profile of a page from memory.
 */
export const dataHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

/** Puts on every answer what browsers are to refuse. */
export function securityHeaders(app: HttpServer): void {
  const [ofPages, ofDocs] = [headersOf(pagePolicy), headersOf(docsPolicy)]
  app.addHook('onSend', (request, reply, payload, done) => {
    const type = reply.getHeader('content-type')
    const isData = typeof type === 'string' && /^application\/(problem\+)?json/.test(type)
    reply.headers(isData ? dataHeaders : /^\/docs\b/.test(request.url) ? ofDocs : ofPages)
    done(null, payload)
  })
}

/** Made once: Helmet would put the same policy together anew for each answer, for 20 µs of the 70 that a page took. */
function headersOf(directives: typeof pagePolicy | typeof docsPolicy): Record<string, string> {
  const headers: Record<string, string> = { 'permissions-policy': permissions }
  const answer = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value
    },
    removeHeader: () => {},
  }
  const set = helmet({
    contentSecurityPolicy: { directives },
    frameguard: { action: 'deny' },
    // Whoever serves the wall over https says so; here it may be plain http in a room.
    strictTransportSecurity: false,
  })
  set({} as IncomingMessage, answer as unknown as ServerResponse, (fault?: unknown) => {
    if (fault) throw fault
  })
  return headers
}
