/** The content security policy of the page: its own files and its own sockets, nothing inline, nothing from elsewhere. */
export const pagePolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  // Some browsers do not take 'self' for the same host's sockets.
  connectSrc: ["'self'", 'ws:', 'wss:'],
  fontSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  // A room's wall is served over plain http on a LAN address.
  upgradeInsecureRequests: null,
}
