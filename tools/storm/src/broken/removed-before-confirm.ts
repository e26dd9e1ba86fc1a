import { SERVICES } from '@parvis/stack/service-env'
import { brokerShaky } from '../faults/14-broker-shaky.ts'
import type { Variant } from './variant.ts'

export const removedBeforeConfirm: Variant = {
  name: 'removed-before-confirm',
  title: "what was stored for the broker is forgotten before the broker's confirm",
  rewrites: [
    {
      file: 'libs/bus/src/republish.ts',
      find: 'else await publish(outgoing(message), message.options.headers)',
      replace: `else {
          await store.remove(message.messageId)
          await publish(outgoing(message), message.options.headers)
        }`,
      service: 'gateway',
    },
  ],
  faults: [brokerShaky],
  shows: ['lost'],
  needs: () =>
    (SERVICES as readonly string[]).includes('message-store') ? undefined : 'this wall has no message-store',
}
