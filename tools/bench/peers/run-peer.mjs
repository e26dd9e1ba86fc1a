// What every peer's program here does around its server: how it learns its address, says that it is up, and ends.

/** Where to listen: loopback only, at the port that the bench gives. */
export const address = { host: '127.0.0.1', port: Number(process.env.PORT) }

/**
 * Says that the server is up, and ends the process, after `end`, at SIGTERM or when the bench is gone: the kernel
 * closes its end of our standard input then, however it ended.
 */
export function runUntilTold(end = async () => {}) {
  let ending = false
  const endOnce = async () => {
    if (ending) return
    ending = true
    await end()
    process.exit(0)
  }
  // A Ctrl-C in the terminal reaches this process too.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, endOnce)
  process.stdin.once('close', endOnce).resume()
  process.stdout.on('error', () => {})
  console.log('ready')
}
