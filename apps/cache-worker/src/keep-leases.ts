import { explain } from '@parvis/bus/errors'
import type { Publish } from '@parvis/bus/publisher'
import { pause } from '@parvis/bus/wait'
import { wallPositions } from '@parvis/contracts/wall-positions'
import type { Mysql } from '@parvis/storage/mysql'
import { readChangedPositions } from '@parvis/storage/read-wall'
import type { Logger } from 'pino'
import type { Windows } from './windows.ts'

/** A lease lasts 15 s; a round every 10 s leaves time for one that is slow. */
const ROUND_MS = 10_000
const RECENT_MS = 3_600_000
/**
 * A round's renewals, in groups of so many, are spread over so long: all at once, those of a thousand channels held
 * Redis and this process for tens of milliseconds, and who read a page waited. 10 s, 2 s and a slow round are still
 * less than a lease, which counts from when MySQL was read.
 */
const AT_A_TIME = 20
const SPREAD_MS = 2_000
/** Channels looked after; a wall with more of them in an hour serves the quietest from MySQL. */
const MOST_CHANNELS = 5_000

/**
 * Every 10 s: compares the windows of channels that changed in the last hour with MySQL, renews their leases or reloads
 * them, and tells all gateways where the channels end, so that a missed last update is noticed too.
 * Every cache-worker does it: to repeat it is harmless, and none has to know which partitions the others hold.
 */
export function keepLeases(needs: { mysql: Mysql; windows: Windows; publish: Publish; log: Logger }) {
  let turning = false
  const end = new AbortController()
  const round = async () => {
    if (turning) return
    turning = true
    try {
      const readAt = Date.now()
      const positions = await readChangedPositions(needs.mysql, Date.now() - RECENT_MS, MOST_CHANNELS)
      const restMs = (SPREAD_MS * AT_A_TIME) / positions.length
      // Not one by one: thousands of channels would take longer than their leases last.
      for (let from = 0; from < positions.length; from += AT_A_TIME) {
        if (from > 0 && !(await pause(restMs, end.signal))) return
        const some = positions.slice(from, from + AT_A_TIME)
        await Promise.all(
          some.map(
            ({ channel, epoch, last }) => epoch !== null && needs.windows.renew(channel, { epoch, last, readAt }),
          ),
        )
      }
      if (positions.length > 0) await needs.publish(wallPositions(positions))
    } catch (error) {
      needs.log.warn({ reason: explain(error) }, 'leases not renewed')
    } finally {
      turning = false
    }
  }
  void round()
  const timer = setInterval(round, ROUND_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      end.abort()
    },
  }
}
