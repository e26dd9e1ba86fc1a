const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: '', 40: 'warn', 50: 'ERROR', 60: 'FATAL' }

// Said elsewhere in the line, or the same all day.
const LEFT_OUT = new Set(['level', 'time', 'msg', 'service', 'pid', 'hostname', 'v', 'err'])

// "cache-worker.2"
const WHO_WIDTH = 14

// One line of a terminal or two: the whole of it can be had from the service itself.
const FIELD_LIMIT = 200

/** Turns one line of a service's JSON log into one for people: time, who, message, key fields. Others stay as they are. */
export function renderLog(who: string, line: string): string {
  const entry = parse(line)
  if (!entry) return `${' '.repeat(12)} ${who.padEnd(WHO_WIDTH)} ${line}`
  const { level, time, msg, err } = entry
  const fields = Object.entries(entry).filter(([key]) => !LEFT_OUT.has(key))
  const fault = err as { message?: unknown; code?: unknown } | undefined
  const words = [
    LEVELS[level as number] ?? '',
    String(msg ?? ''),
    ...fields.map(([key, value]) => `${key}=${short(value)}`),
    fault ? `err=${short(fault.message ?? fault.code ?? fault)}` : '',
  ]
  return renderLine(who, words.filter(Boolean).join(' '), Number(time))
}

/** One line of the stack's own, in the same form. `at` is in milliseconds. */
export function renderLine(who: string, text: string, at = Date.now()): string {
  const time = new Date(at)
  const clock = Number.isNaN(time.getTime())
    ? ' '.repeat(12)
    : `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`
  return `${clock} ${who.padEnd(WHO_WIDTH)} ${text}`
}

/** The line as an object, when it is a service's JSON. */
export function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line)
    return 'msg' in entry || 'level' in entry ? entry : undefined
  } catch {
    return undefined
  }
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > FIELD_LIMIT ? `${text.slice(0, FIELD_LIMIT)}…` : text
}
