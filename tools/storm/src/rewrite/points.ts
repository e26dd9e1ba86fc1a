import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName } from '@parvis/stack/service-env'
import type { Rewrite } from './rewrite.ts'

/** Moments at which dying tells the most. */
type Point = 'after-commit' | 'after-handling' | 'before-ack'

/** What makes services pass these points; without an armed point they behave as ever. */
export const pointRewrites: Rewrite[] = [
  {
    // MySQL has committed; nobody was told.
    file: 'apps/db-writer/src/on-post-reviewed.ts',
    find: 'const lanes = Map.groupBy(stored',
    replace: `;(globalThis as any).stormPoint('after-commit')
    const lanes = Map.groupBy(stored`,
  },
  {
    // The messages that a batch caused are confirmed, the batch is not acked: all of it comes again.
    file: 'libs/bus/src/consume.ts',
    find: 'if (last && !mine.lost.signal.aborted) mine.acks.done(last, batch.length)',
    replace: `;(globalThis as any).stormPoint('before-ack')
        if (last && !mine.lost.signal.aborted) mine.acks.done(last, batch.length)`,
  },
  {
    // The work is done (in cache-worker: Redis is written), nothing is published.
    file: 'libs/bus/src/handle-batch.ts',
    find: 'work.publishAll(await work.handle(items))',
    replace: `{
      const caused = await work.handle(items)
      ;(globalThis as any).stormPoint('after-handling')
      return work.publishAll(caused)
    }`,
  },
  {
    // Broadcasts are not mandatory: they may get lost, and nobody is told.
    file: 'apps/cache-worker/src/on-post-stored.ts',
    find: 'return updates\n',
    replace: "return (globalThis as any).stormArmed('broadcasts-lost') ? [] : updates\n",
  },
  {
    // No text is known that makes review loop; this one stands for it.
    file: 'apps/post-worker/src/review.task.ts',
    find: 'return tasks.map(',
    replace: `for (const { text } of tasks) (globalThis as any).stormPoison(text)
  return tasks.map(`,
  },
]

/** Lets services lose broadcasts, or not any more. */
export function loseBroadcasts(folder: string, on: boolean): void {
  const armed = join(folder, 'cache-worker.broadcasts-lost')
  if (on) writeFileSync(armed, '')
  else rmSync(armed, { force: true })
}

/** Lets the next process of the service that passes the point die there; false if none did within `limitMs`. */
export async function dieAt(folder: string, service: ServiceName, point: Point, limitMs = 10_000): Promise<boolean> {
  const armed = join(folder, `${service}.${point}`)
  writeFileSync(armed, '')
  const until = Date.now() + limitMs
  while (existsSync(armed)) {
    if (Date.now() > until) {
      rmSync(armed, { force: true })
      return false
    }
    await sleep(20)
  }
  return true
}
