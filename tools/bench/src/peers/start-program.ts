import { fileURLToPath } from 'node:url'
import { PlainError } from '@parvis/stack/servers'
import { execa } from 'execa'

/** The folder of the peers' own programs and packages. */
export const PEERS = fileURLToPath(new URL('../../peers/', import.meta.url))

// RabbitMQ with its plugin needs 10 s on an idle machine; all others less than one.
const READY_LIMIT_MS = 90_000
const END_LIMIT_MS = 5_000
// Of what it says before it ends, the lines that are kept.
const LAST_WORDS = 50

/**
 * Starts a peer's program (an absolute path or one from PEERS) and resolves with its process id when it says `ready`.
 * Rejects with its last words when it ends before. Disposal, the abort of `signal` and our own end all end it.
 * @param endLimitMs how long it may take to end by itself before it is killed
 */
export async function startProgram(
  name: string,
  command: string[],
  options: { env: Record<string, string>; signal: AbortSignal; endLimitMs?: number },
): Promise<{ pid: number } & AsyncDisposable> {
  const [file = '', ...args] = command
  const program = execa(file, args, {
    cwd: PEERS,
    env: { NODE_ENV: 'production', ...options.env },
    // Its standard input is its sign of our life.
    stdin: 'pipe',
    all: true,
    buffer: false,
    reject: false,
    cancelSignal: options.signal,
    forceKillAfterDelay: options.endLimitMs ?? END_LIMIT_MS,
    cleanup: true,
  })
  const lastWords: string[] = []
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => {})
  const reading = (async () => {
    for await (const line of program.iterable({ from: 'all' })) {
      if (line === 'ready') ready.resolve()
      else if (/\S/.test(line)) lastWords.push(line.trim().slice(0, 200))
      if (lastWords.length > LAST_WORDS) lastWords.shift()
    }
  })()
  const ended = Promise.allSettled([program, reading]).then(async () => {
    const { exitCode, signal, originalMessage } = await program
    const how = signal ?? (exitCode === undefined ? originalMessage : `exit ${exitCode}`)
    ready.reject(new PlainError(`${name} ended before it was ready (${how}): ${tellingLine(lastWords)}`))
  })
  const stop = async () => {
    program.kill('SIGTERM')
    await ended
  }
  const late = setTimeout(() => {
    ready.reject(new PlainError(`${name} was not ready after ${READY_LIMIT_MS / 1000} s: ${tellingLine(lastWords)}`))
  }, READY_LIMIT_MS)
  try {
    await ready.promise
  } catch (error) {
    await stop()
    options.signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(late)
  }
  return { pid: program.pid as number, [Symbol.asyncDispose]: stop }
}

/** Where a stack trace or a list of complaints says what it is about. */
function tellingLine(lines: string[]): string {
  return lines.find((line) => /Error: |\[(emerg|error)\]/.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}
