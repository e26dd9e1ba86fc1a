import { type DestinationStream, pino } from 'pino'

/** What waits for a reader that does not read; lines beyond it are dropped. */
const MOST_BYTES = 1024 * 1024
/** How long the last lines may take. */
const LAST_LINES_MS = 1_000

export interface LogDestination extends DestinationStream {
  /** Ends the process when its last lines are written, or cannot be: their reader is gone, or has not read for 1 s. */
  exit(code: number): void
}

/** Standard output, for all lines of a process, written without holding up anything else. */
export function openLogDestination(): LogDestination {
  // Of a length of 1: with 0 `flush` does not wait for what is being written.
  const destination = pino.destination({ fd: 1, minLength: 1, maxLength: MOST_BYTES })
  // pino calls it at the end of a process and after `fatal`; when the reader is gone it tries again for ever
  // (sonic-boom 4.2.1), and the process never ended.
  destination.flushSync = () => {}
  return Object.assign(destination, {
    exit(code: number): void {
      const leave = () => process.exit(code)
      setTimeout(leave, LAST_LINES_MS)
      destination.flush(leave)
    },
  })
}
