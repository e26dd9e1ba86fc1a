/** What a page of an allowed other host may send and read. Tokens travel in a header, so no cookies are let through. */
export const corsPolicy = {
  methods: ['GET', 'POST', 'DELETE'],
  allowedHeaders: ['authorization', 'content-type', 'if-none-match', 'prefer'],
  exposedHeaders: ['etag', 'location', 'preference-applied', 'retry-after', 'x-parvis-source', 'x-parvis-stale'],
  /** Seconds for which a browser need not ask again; some take no more than 600. */
  maxAge: 600,
}

/** What the policy puts on an answer to a request that is of no other host's page. */
export const corsHeaders = {
  vary: 'Origin',
  'access-control-expose-headers': corsPolicy.exposedHeaders.join(', '),
}
