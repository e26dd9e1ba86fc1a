import { explain } from '@parvis/bus/errors'
import { within } from '@parvis/bus/wait'
import { DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import { PAGE_DEFAULT, PAGE_LARGEST, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { Outgoing } from '@parvis/contracts/outgoing'
import { wallPositions } from '@parvis/contracts/wall-positions'
import type { WallRequested } from '@parvis/contracts/wall-requested'
import { type WallUpdated, wallUpdated } from '@parvis/contracts/wall-updated'
import type { Mysql } from '@parvis/storage/mysql'
import { type Piece, readPiece, readPositions } from '@parvis/storage/read-wall'
import type { Logger } from 'pino'
import type { Windows } from './windows.ts'

/**
 * How long the answer to a gateway may take, which waits a second in all: the questions of a batch are answered when the
 * last one is, and one whose connection died would make all others late.
 */
const ANSWER_MS = 700
/** Channels whose entries one request may ask for; positions may be asked of a thousand. */
const MOST_PIECES = 20

/** WallRequested → WallUpdated or WallPositions, from MySQL, and the window in Redis filled again by the way. */
export function onWallRequested(needs: { mysql: Mysql; windows: Windows; log: Logger; onRead: () => void }) {
  return async (requests: readonly WallRequested[]): Promise<Outgoing[]> => {
    // Many gateways may ask for the same page at once: it is read once a batch.
    const newest = new Map<string, Promise<Piece>>()
    const reload = (channel: string): Promise<Piece> => {
      const reading = newest.get(channel) ?? needs.windows.reload(channel)
      newest.set(channel, reading)
      return reading
    }
    const answers = await Promise.all(
      requests.map(async (request) => {
        try {
          const answered = answer(needs, request, reload)
          // Nobody waits for what everyone shall show anew; it is done with when MySQL's own limit has passed.
          return await (request.instance === undefined ? answered : within(ANSWER_MS, 'MySQL', answered))
        } catch (error) {
          // Whoever asked waits a second at most and asks again: to repeat here would only delay the next question.
          needs.log.warn({ reason: explain(error) }, 'a request for the wall was not answered')
          return []
        }
      }),
    )
    return answers.flat()
  }
}

async function answer(
  { mysql, onRead }: { mysql: Mysql; onRead: () => void },
  request: WallRequested,
  reload: (channel: string) => Promise<Piece>,
): Promise<Outgoing[]> {
  const { instance, before, after, want = 'page', requestId = crypto.randomUUID() } = request
  const { channels = [DEFAULT_CHANNEL] } = request
  onRead()
  if (want === 'positions') return [wallPositions(await readPositions(mysql, channels), { requestId, instance })]
  return Promise.all(
    channels.slice(0, MOST_PIECES).map(async (channel) => {
      // For everyone, a page at least: it is what those who come next are shown as well.
      const limit =
        instance === undefined
          ? Math.max(request.limit ?? PAGE_LARGEST, PAGE_DEFAULT)
          : (request.limit ?? WINDOW_ENTRIES)
      // What everyone shall show anew is always the newest page: a piece of the middle would leave a hole behind it.
      const newest = instance === undefined || (want === 'page' && before === undefined)
      const piece = newest
        ? newestOf(await reload(channel), limit)
        : await readPiece(mysql, { channel, before, after, limit })
      return wallUpdated(JSON.stringify(updateOf(piece, requestId, instance === undefined)), instance)
    }),
  )
}

function newestOf(piece: Piece, limit: number): Piece {
  const entries = piece.entries.slice(-limit)
  const first = entries[0]?.seq ?? piece.first
  return { ...piece, entries, first, hasMore: first > 1 }
}

function updateOf(piece: Piece, requestId: string, forEveryone: boolean): WallUpdated {
  return {
    type: 'wall.updated',
    ...piece,
    cachedAt: Date.now(),
    requestId,
    ...(forEveryone && { reason: 'refreshed' as const }),
  }
}
