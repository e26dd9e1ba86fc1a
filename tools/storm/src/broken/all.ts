import { acceptedBeforeConfirm } from './accepted-before-confirm.ts'
import { ackBeforePublish } from './ack-before-publish.ts'
import { batchParked } from './batch-parked.ts'
import { cacheWithoutGuard } from './cache-without-guard.ts'
import { cancelBeforeDrain } from './cancel-before-drain.ts'
import { cancelUnnoticed } from './cancel-unnoticed.ts'
import { deliveryLimit } from './delivery-limit.ts'
import { fullSocketDropped } from './full-socket-dropped.ts'
import { knownIdsKeptBack } from './known-ids-kept-back.ts'
import { noKnownIds } from './no-known-ids.ts'
import { ownPositions } from './own-positions.ts'
import { randomPostIds } from './random-post-ids.ts'
import { removedBeforeConfirm } from './removed-before-confirm.ts'
import { requeued } from './requeued.ts'
import { resumeOffByOne } from './resume-off-by-one.ts'
import { returnsIgnored } from './returns-ignored.ts'
import { sequenceWithoutLock } from './sequence-without-lock.ts'
import { serverFailuresParked } from './server-failures-parked.ts'
import { sessionEndIgnored } from './session-end-ignored.ts'
import { sharedChannel } from './shared-channel.ts'
import { trustedMemory } from './trusted-memory.ts'
import type { Variant } from './variant.ts'

/** Every mistake that the storm must catch. */
export const allVariants: readonly Variant[] = [
  ackBeforePublish,
  acceptedBeforeConfirm,
  returnsIgnored,
  removedBeforeConfirm,
  sharedChannel,
  requeued,
  cancelBeforeDrain,
  cancelUnnoticed,
  batchParked,
  serverFailuresParked,
  sequenceWithoutLock,
  noKnownIds,
  knownIdsKeptBack,
  randomPostIds,
  cacheWithoutGuard,
  resumeOffByOne,
  fullSocketDropped,
  trustedMemory,
  ownPositions,
  sessionEndIgnored,
  deliveryLimit,
]
