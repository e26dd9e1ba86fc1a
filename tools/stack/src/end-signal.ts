/**
 * Aborts when this process is asked to end. Repeats are swallowed: a Ctrl-C arrives twice (once from the terminal, once
 * passed on by npm), and the second must not cut the stop short.
 */
export function endSignal(): AbortSignal {
  const asked = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => asked.abort(name))
  return asked.signal
}
