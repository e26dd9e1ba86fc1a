import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from './back-off.ts'
import { docker, reasonOf } from './docker-cli.ts'
import type { Log } from './servers.ts'

/** It ends with the container, which somebody always stops: a limit of a day is only there to be one. */
const WAIT_LIMIT_MS = 24 * 3_600_000

/**
 * Starts a container again whenever it ends by itself, until `stopped`: after 0.5 s, doubling to 10 s. Not by a restart
 * policy, under which the engine would start it alone after a machine's hard end, without a wall.
 * @param end of the container as it runs now
 * @param restart false only says that it has ended
 */
export async function keepContainerUp(
  name: string,
  end: Promise<string>,
  { log, restart, stopped }: { log: Log; restart: boolean; stopped: AbortSignal },
): Promise<void> {
  const backOff = createBackOff()
  for (let next = end; ; next = waitForEnd(name)) {
    const from = performance.now()
    const said = await next
    if (stopped.aborted) return
    const wait = backOff(performance.now() - from)
    log(`The container ${name} ended: ${said}. ${restart ? `It is started again in ${wait / 1000} s.` : ''}`.trim())
    if (!restart) return
    await delay(wait, undefined, { signal: stopped }).catch(() => {})
    if (stopped.aborted) return
    await docker(['start', name]).catch((error) => log(`${name} could not be started: ${reasonOf(error)}`))
  }
}

/** Resolves with the last thing that a container said when it is not running any more. */
export async function waitForEnd(name: string): Promise<string> {
  do {
    await docker(['wait', name], { limitMs: WAIT_LIMIT_MS }).catch(() => {})
  } while ((await docker(['inspect', '--format', '{{.State.Running}}', name]).catch(() => '')) === 'true')
  return (await docker(['logs', '--tail', '1', name]).catch(() => '')) || 'it said nothing'
}
