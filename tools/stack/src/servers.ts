/** Where the three real servers come from. */
export type Way = 'external' | 'docker' | 'local'

export type ServerName = 'rabbitmq' | 'mysql' | 'redis'

/** The three servers, up and answering. Addresses carry the credentials of an administrator. */
export type Servers = {
  how: Way
  /** `management` is the base address of the management API, with user and password, without a path. */
  rabbitmq: { url: string; management: string }
  /** The address names the database `parvis`; its user may create others. */
  mysql: { url: string }
  redis: { url: string }
  /** Process ids on this machine, of the start: one that is started again has another. None for external servers. */
  pids: Partial<Record<ServerName, number>>
}

/** Takes one line for a person to read, without a line end. */
export type Log = (line: string) => void

/** A fault that a person can mend: shown as its one sentence, without a stack. */
export class PlainError extends Error {
  override name = 'PlainError'
}
