import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Starts a small process that outlives this one and stops this home's servers if this one dies without having done
 * so (SIGKILL, a crash, Ctrl-C in a test run, which ends without clearing up). Disposal sends it away.
 */
export function watchOwner(home: string): Disposable {
  const script = fileURLToPath(new URL('./watch-owner.main.ts', import.meta.url))
  // Its standard input is the sign of life: the kernel closes it when this process ends, however it ends.
  const watcher = spawn(process.execPath, [script, home, String(process.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.on('error', () => {})
  watcher.stdin.on('error', () => {})
  // Neither keeps this process alive.
  watcher.unref()
  ;(watcher.stdin as unknown as { unref(): void }).unref()
  return { [Symbol.dispose]: () => watcher.stdin.destroy() }
}
