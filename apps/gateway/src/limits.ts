import { Refusal } from '@parvis/service/problem-answer'
import ipaddr from 'ipaddr.js'
import { Type } from 'typebox'
import { createAllowance } from './allowance.ts'

const rate = (standard: string, description: string) =>
  Type.String({
    default: standard,
    pattern: '^\\d{1,6}(\\.\\d{1,3})?/[1-9]\\d{0,6}$',
    description: `${description}: steadily a second, and at once`,
  })

/** Settings of the limits. A class or a conference shares one address, so those of an address are generous. */
export const limitsConfig = {
  LIMITS: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'off for load tests and closed rooms',
  }),
  POSTS_PER_SESSION: rate('5/20', 'posts of one session'),
  POSTS_PER_ADDRESS: rate('200/1000', 'posts from one address'),
  SESSIONS_PER_ADDRESS: rate('5/300', 'pseudos chosen from one address'),
  READS_PER_ADDRESS: rate('100/1000', 'pages and posts that are not in memory, asked for from one address'),
  FRAMES_PER_SOCKET: rate('50/500', 'frames on one socket, which is closed beyond them'),
  SOCKETS_PER_ADDRESS: Type.Integer({ default: 2_000, minimum: 1, description: 'open sockets from one address' }),
  PROXIES: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 10,
    description:
      'how many proxies of your own are before the gateway; each says in X-Forwarded-For whose request it is',
  }),
}
type Settings = Record<Exclude<keyof typeof limitsConfig, 'LIMITS' | 'SOCKETS_PER_ADDRESS' | 'PROXIES'>, string> & {
  LIMITS: 'on' | 'off'
  SOCKETS_PER_ADDRESS: number
}

/**
 * How fast a session, an address or a socket may go, the same over HTTP and WebSocket. Each gateway counts for itself.
 * Every function throws a Refusal `too-fast` (429) that says when to try again.
 */
export function createLimits(settings: Settings) {
  const allowance = (text: string) => {
    const [perSecond, burst] = text.split('/').map(Number) as [number, number]
    // A rate of 0 gives the burst once: no division by it.
    return createAllowance({ perSecond: Math.max(perSecond, 1e-6), burst })
  }
  const on = settings.LIMITS === 'on'
  const postsOfSession = allowance(settings.POSTS_PER_SESSION)
  const postsFromAddress = allowance(settings.POSTS_PER_ADDRESS)
  const sessionsFromAddress = allowance(settings.SESSIONS_PER_ADDRESS)
  const readsFromAddress = allowance(settings.READS_PER_ADDRESS)
  const socketsFrom = new Map<string, number>()

  function orTooFast(seconds: number, what: string): void {
    if (seconds > 0) throw new Refusal('too-fast', what, { retryAfterS: Math.ceil(seconds) })
  }

  return {
    post(sessionId: string, address: string): void {
      if (!on) return
      orTooFast(postsOfSession.take(sessionId), `posts: ${settings.POSTS_PER_SESSION} a second and at once, a session`)
      orTooFast(
        postsFromAddress.take(networkOf(address)),
        `posts: ${settings.POSTS_PER_ADDRESS} a second and at once, an address`,
      )
    },
    session(address: string): void {
      if (!on) return
      const rule = `pseudos: ${settings.SESSIONS_PER_ADDRESS} a second and at once, an address`
      orTooFast(sessionsFromAddress.take(networkOf(address)), rule)
    },
    /**
     * Called before anyone is asked for what this gateway does not have in memory: Redis, a cache-worker and MySQL
     * answer all gateways, and who asks for more than they can answer would leave nothing for the others.
     */
    read(address: string): void {
      if (!on) return
      const rule = `reads: ${settings.READS_PER_ADDRESS} a second and at once, an address`
      orTooFast(readsFromAddress.take(networkOf(address)), rule)
    },
    /** Called before a socket is opened; `socketOpened` counts it. */
    socket(address: string): void {
      const full = on && (socketsFrom.get(networkOf(address)) ?? 0) >= settings.SOCKETS_PER_ADDRESS
      orTooFast(full ? 5 : 0, `sockets: ${settings.SOCKETS_PER_ADDRESS} open from one address`)
    },
    /** Gives what to call when it is closed. */
    socketOpened(address: string): () => void {
      const network = networkOf(address)
      socketsFrom.set(network, (socketsFrom.get(network) ?? 0) + 1)
      return () => {
        const left = (socketsFrom.get(network) ?? 1) - 1
        if (left > 0) socketsFrom.set(network, left)
        else socketsFrom.delete(network)
      }
    },
    /** For one socket: false when a frame is one too many. */
    frames(): () => boolean {
      if (!on) return () => true
      const frames = allowance(settings.FRAMES_PER_SOCKET)
      return () => frames.take('') === 0
    },
  }
}
export type Limits = ReturnType<typeof createLimits>

/** Who is counted as one: an IPv4 address; of IPv6 the first 64 bits, since every connection is given that many addresses. */
export function networkOf(address: string): string {
  // A proxy may write anything into X-Forwarded-For.
  if (!address.includes(':') || !ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}
