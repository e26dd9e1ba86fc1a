import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * Starts a program of this folder that says one line of JSON when it is ready, and ends with its standard input.
 * @param script beside `base` (import.meta.url)
 * @returns what it said, and a way to write lines to it
 */
export async function startProgram<Ready>(script: string, base: string, args: string[] = []) {
  const path = fileURLToPath(new URL(script, base))
  const child: ChildProcess = spawn(process.execPath, [path, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  child.stdin!.on('error', () => {})
  const heard = once(createInterface({ input: child.stdout! }), 'line')
  const [line] = (await Promise.race([
    heard,
    ended.then(() => {
      throw new Error(`${script} ended before it was ready`)
    }),
  ])) as [string]
  return {
    ready: JSON.parse(line) as Ready,
    pid: child.pid as number,
    write: (text: string) => void child.stdin!.write(`${text}\n`),
    async [Symbol.asyncDispose](): Promise<void> {
      child.stdin!.end()
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(late)
    },
  }
}
