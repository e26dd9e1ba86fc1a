import { stdSerializers } from 'pino'

/**
 * What of an error is logged: its name, message, stack and code. Clients of servers hang more on theirs, such as the
 * statement that MySQL refused with all its values, or Redis's command with its arguments: what people wrote.
 */
export function loggedError(error: unknown): unknown {
  if (!Error.isError(error)) return stdSerializers.err(error as Error)
  const { type, message, stack, code } = stdSerializers.err(error)
  return { type, message, stack, ...(code !== undefined && { code }) }
}
