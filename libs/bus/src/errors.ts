/**
 * Trying the same again may help: a connection was lost, time ran out, the broker said no for now.
 * Everything else that a handler throws is taken as the fault of the post that it was given.
 */
export class TransientError extends Error {
  override name = 'TransientError'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** By its name, not by its class: errors cross threads and module realms. */
export function isTransient(error: unknown): boolean {
  return Error.isError(error) && error.name === 'TransientError'
}

/** The handler was given up after its time; by its name, too. */
export function isTooSlow(error: unknown): boolean {
  return Error.isError(error) && error.name === 'TooSlowError'
}

/** One line about an error, for logs and reasons. */
export function explain(error: unknown): string {
  if (!Error.isError(error)) return String(error)
  // A refused connection to a name with several addresses is an AggregateError without a message.
  const code = (error as NodeJS.ErrnoException).code
  return error.message || code || error.name
}
