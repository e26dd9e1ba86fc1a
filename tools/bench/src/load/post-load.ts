import { setTimeout as delay } from 'node:timers/promises'

/** How long posts that were sent may wait for their answers at the end of a load. */
const ANSWERS_MS = 10_000

/** Posts that are being sent. */
export interface PostLoad extends Disposable {
  /** Posts that were answered with a yes, and with anything else. */
  accepted(): number
  refused(): number
  /** Sends no more; resolves when what was sent is answered, rejects after 10 s or when a connection broke. */
  stop(): Promise<void>
}

/** Where a UUID stands in a template; its last twelve digits are counted up, so that each post has an id of its own. */
export const TEMPLATE_ID = '01a1fd70-f1c0-7c1d-9f20-000000000000'
const COUNTED = 12

/** Gives copies of a template, each with an id that no other has; `templates` without an id are copied as they are. */
export function createStamp(template: Buffer, prefix: number): (copies: number) => Buffer {
  const at = template.indexOf(TEMPLATE_ID)
  const length = template.length
  let next = prefix * 2 ** 32
  return (copies) => {
    const all = Buffer.allocUnsafe(copies * length)
    for (let n = 0; n < copies; n++) {
      template.copy(all, n * length)
      if (at < 0) continue
      const digits = (next++).toString(16).padStart(COUNTED, '0')
      all.write(digits, n * length + at + TEMPLATE_ID.length - COUNTED, 'latin1')
    }
    return all
  }
}

/** Which of many loads a process makes: so that none repeats another's ids. At most 65,535. */
let loads = 0
export const nextPrefix = () => ++loads

/** Resolves when `left()` is 0; rejects with what `fault` says, or after 10 s. */
export async function untilAnswered(left: () => number, fault: () => string | undefined): Promise<void> {
  for (const until = performance.now() + ANSWERS_MS; left() > 0; await delay(2)) {
    const why = fault()
    if (why !== undefined) throw new Error(`a posting connection broke: ${why}`)
    if (performance.now() > until) throw new Error(`${left()} posts were not answered in ${ANSWERS_MS / 1000} s`)
  }
}
