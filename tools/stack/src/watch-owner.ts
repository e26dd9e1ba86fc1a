import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// Services whose supervisor died drain for at most 10 s, and need the servers to do it.
const DRAIN_MS = 10_000

/**
 * Starts a small process that outlives this one and stops this home's servers if this one dies without having done
 * so (SIGKILL, a crash, Ctrl-C in a test run, which ends without clearing up). Disposal sends it away.
 */
export function watchOwner(home: string, drainMs = DRAIN_MS): AsyncDisposable {
  const script = fileURLToPath(new URL('./watch-owner.main.ts', import.meta.url))
  // Its standard input is the sign of life: the kernel closes it when this process ends, however it ends.
  const watcher = spawn(process.execPath, [script, home, String(process.pid), String(drainMs)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.stdin.on('error', () => {})
  // Neither keeps this process alive.
  watcher.unref()
  ;(watcher.stdin as unknown as { unref(): void }).unref()
  const ended = new Promise((resolve) => watcher.once('exit', resolve).once('error', resolve))
  return {
    async [Symbol.asyncDispose]() {
      watcher.ref()
      watcher.stdin.destroy()
      await ended
    },
  }
}
