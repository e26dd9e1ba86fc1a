import type { RequestListener } from 'node:http'
import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import type { HttpServer } from '@parvis/service/http-server'
import type { ReadyPage } from './ready-page.ts'

const PATH = '/posts'
const WITH_CHANNEL = `${PATH}?channel=`

/**
 * Answers what is asked for most, the newest page of a channel in memory, before Fastify looks at it: its request, reply,
 * hooks and header objects took as long as all else together. Any other question goes on to the routes, and so does one
 * with a condition or of another host's page: what they answer to this one is the same, header by header.
 * @param needs `newest` gives the page if it is ready; `headers` go with every page; `onRead` is told of each one sent
 */
export function answerReady(
  { server }: HttpServer,
  needs: {
    newest: (channel: string) => ReadyPage | undefined
    headers: Record<string, string>
    onRead: () => void
  },
): void {
  const { newest, onRead } = needs
  const further = Object.entries(needs.headers).flat()
  const routes = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    const { method, url = '', headers } = request
    if (method === 'GET' && url.startsWith(PATH) && server.listening) {
      const plain = headers['if-none-match'] === undefined && headers.origin === undefined
      const channel = plain ? channelAsked(url) : undefined
      const page = channel === undefined ? undefined : newest(channel)
      if (page) {
        onRead()
        response.writeHead(200, further.length > 0 ? [...page.head, ...further] : page.head)
        response.end(page.body)
        return
      }
    }
    for (const route of routes) route(request, response)
  })
}

/** The channel whose newest page an address asks for; undefined for any other question, or another spelling of it. */
function channelAsked(url: string): string | undefined {
  if (url === PATH) return DEFAULT_CHANNEL
  if (!url.startsWith(WITH_CHANNEL)) return undefined
  const name = url.slice(WITH_CHANNEL.length)
  return canonicalChannel(name) === name ? name : undefined
}
