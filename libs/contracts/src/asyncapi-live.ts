import { messageOf, ref } from './asyncapi-parts.ts'
import { clientFrames, gatewayFrames } from './catalogue.ts'
import { type Example, examplesOf } from './examples.ts'
import { CLIENT_FRAME_BYTES, FRAME_BYTES, HEARTBEAT_MS, SOCKET_CHANNELS } from './limits.ts'
import { closeCodes, SUBPROTOCOL } from './live-protocol.ts'
import { problems } from './problems.ts'

const closings: Record<keyof typeof closeCodes, string> = {
  goingAway: 'this gateway is going away: connect again',
  policy: 'a page of a host that is not allowed (the reason is `origin-not-allowed`), or a message in too many pieces',
  frameTooLarge: `a frame of more than ${CLIENT_FRAME_BYTES} bytes`,
  sessionOver: 'the token has expired, or the session has ended or has another pseudo now',
  noPong: 'no pong for two heartbeats',
  tooFast: 'too fast',
}

const description = `JSON text frames. One socket may watch ${SOCKET_CHANNELS} channels at a time. A client sends at most \
${CLIENT_FRAME_BYTES} bytes a frame and gets at most ${FRAME_BYTES}. Unknown fields of a client are refused; a client \
ignores what it does not know. Every ${HEARTBEAT_MS} ms there is a ping, and the positions of the channels.

Close codes:

${Object.entries(closings)
  .map(([name, why]) => `- ${closeCodes[name as keyof typeof closeCodes]}: ${why}`)
  .join('\n')}

Codes of \`problem\` and \`post.rejected\` (more may come): ${Object.keys(problems).join(', ')}.`

/** The live protocol, `GET /ws`, as the gateway speaks it: it receives a client's frames and sends its own. */
export function livePart(examples: readonly Example[]) {
  const frames = { ...clientFrames, ...gatewayFrames }
  const types = Object.keys(frames) as (keyof typeof frames)[]
  const messages = Object.fromEntries(
    types.map((type) => [`frame.${type}`, messageOf(type, frames[type], examplesOf(type, examples))]),
  )
  const here = (type: string) => ref('channels', 'live', 'messages', type)
  const onLive = (action: 'send' | 'receive', type: keyof typeof frames) => ({
    action,
    channel: ref('channels', 'live'),
    summary: frames[type].summary,
    messages: [here(type)],
  })
  return {
    servers: {
      gateway: {
        host: '{host}',
        protocol: 'ws',
        description: 'Any gateway; `wss` where a proxy brings TLS.',
        variables: { host: { default: '127.0.0.1:3000', description: 'the host and port of the wall' } },
      },
    },
    channels: {
      live: {
        address: '/ws',
        title: 'The live protocol',
        description,
        servers: [ref('servers', 'gateway')],
        messages: Object.fromEntries(types.map((type) => [type, ref('components', 'messages', `frame.${type}`)])),
        bindings: {
          ws: {
            method: 'GET',
            headers: {
              type: 'object',
              properties: { 'Sec-WebSocket-Protocol': { type: 'string', const: SUBPROTOCOL } },
            },
            bindingVersion: '0.1.0',
          },
        },
      },
    },
    operations: {
      ...Object.fromEntries(
        Object.entries(clientFrames).map(([type, { answers }]) => [
          `live.${type}`,
          {
            ...onLive('receive', type as keyof typeof clientFrames),
            reply: { channel: ref('channels', 'live'), messages: answers.map(here) },
          },
        ]),
      ),
      ...Object.fromEntries(
        Object.keys(gatewayFrames).map((type) => [`live.${type}`, onLive('send', type as keyof typeof gatewayFrames)]),
      ),
    },
    messages,
  }
}
