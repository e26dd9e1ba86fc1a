import { brokerKilled } from './01-broker-killed.ts'
import { brokerRestarted } from './01-broker-restarted.ts'
import { brokerFrozen } from './02-broker-frozen.ts'
import { connectionsClosed } from './03-connections-closed.ts'
import { gatewayDeaf } from './03-gateway-deaf.ts'
import { chopped } from './04-chopped.ts'
import { halfOpen } from './04-half-open.ts'
import { reset } from './04-reset.ts'
import { slowNetwork } from './04-slow-network.ts'
import { memoryAlarm } from './05-memory-alarm.ts'
import { queuesDeleted } from './06-queues-deleted.ts'
import { bindingsRemoved } from './07-bindings-removed.ts'
import { broadcastsLost } from './07-broadcasts-lost.ts'
import { killedAfterCommit } from './08-killed-after-commit.ts'
import { killedBeforeAck } from './09-killed-before-ack.ts'
import { twoWriters } from './10-two-writers.ts'
import { writerFrozen } from './10-writer-frozen.ts'
import { poisonPost } from './11-poison-post.ts'
import { deadlock } from './12-deadlock.ts'
import { lockHeld } from './12-lock-held.ts'
import { sqlDown } from './12-sql-down.ts'
import { sqlReadOnly } from './12-sql-read-only.ts'
import { sqlRestarted } from './12-sql-restarted.ts'
import { statementsKilled } from './12-statements-killed.ts'
import { redisDown } from './13-redis-down.ts'
import { redisFlushed } from './13-redis-flushed.ts'
import { redisFull } from './13-redis-full.ts'
import { redisStale } from './13-redis-stale.ts'
import { brokerShaky } from './14-broker-shaky.ts'
import { storesDown } from './14-stores-down.ts'
import { sameId } from './15-same-id.ts'
import { badMessages } from './16-bad-messages.ts'
import { gatewayKilled, gatewayKilledSmall } from './17-gateway-killed.ts'
import { slowReaders } from './18-slow-readers.ts'
import { postWhileSubscribing } from './19-post-while-subscribing.ts'
import { sessionOver } from './20-session-over.ts'
import { otherVersion } from './21-other-version.ts'
import { handedOutOften } from './22-handed-out-often.ts'
import type { Fault } from './fault.ts'

/** Every fault, by its number. */
export const allFaults: readonly Fault[] = [
  brokerKilled,
  brokerRestarted,
  brokerFrozen,
  connectionsClosed,
  gatewayDeaf,
  reset,
  halfOpen,
  slowNetwork,
  chopped,
  memoryAlarm,
  queuesDeleted,
  bindingsRemoved,
  broadcastsLost,
  killedAfterCommit,
  killedBeforeAck,
  writerFrozen,
  twoWriters,
  poisonPost,
  sqlDown,
  sqlRestarted,
  sqlReadOnly,
  statementsKilled,
  lockHeld,
  deadlock,
  redisDown,
  redisFlushed,
  redisStale,
  redisFull,
  storesDown,
  brokerShaky,
  sameId,
  badMessages,
  gatewayKilled,
  slowReaders,
  postWhileSubscribing,
  sessionOver,
  otherVersion,
  handedOutOften,
]

/** For rounds of many faults. */
export const faultsToMix: readonly Fault[] = allFaults.map((fault) =>
  fault === gatewayKilled ? gatewayKilledSmall : fault,
)

/** Those that find the most in two to three minutes. */
export const tellingFaults: readonly Fault[] = [
  killedAfterCommit,
  connectionsClosed,
  bindingsRemoved,
  killedBeforeAck,
  gatewayDeaf,
  sameId,
  redisFlushed,
  badMessages,
  gatewayKilledSmall,
  otherVersion,
  poisonPost,
  deadlock,
  slowReaders,
  brokerKilled,
]
