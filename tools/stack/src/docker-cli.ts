import { type ExecaError, execa } from 'execa'

// For answers from a living engine. Pulling and starting have limits of their own.
const ANSWER_LIMIT_MS = 30_000

/** Runs the Docker client and gives what it wrote. `env` reaches the client alone: so do secrets pass unseen by `ps`. */
export async function docker(
  args: string[],
  { limitMs = ANSWER_LIMIT_MS, env = {} }: { limitMs?: number; env?: Record<string, string> } = {},
): Promise<string> {
  // In a process group of its own: a Ctrl-C in the terminal must not cut a client off in the middle of its work.
  return (await execa('docker', args, { stdin: 'ignore', timeout: limitMs, env, detached: true })).stdout
}

/** What a failed call of `docker` said, in one line. */
export function reasonOf(error: unknown): string {
  const { timedOut, stderr, shortMessage, message } = error as ExecaError
  if (timedOut) return 'no answer in time'
  return (String(stderr || '').trim() || shortMessage || message).split('\n').at(-1) as string
}

/** Stops these containers in good order, at most 7 s each at once, and removes them. Ones that are gone are no error. */
export async function removeContainers(names: string[]): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      await docker(['stop', '--time', '7', name]).catch(() => {})
      await docker(['rm', '--force', name]).catch(() => {})
    }),
  )
}
