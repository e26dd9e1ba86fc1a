import { useEffect, useState, useSyncExternalStore } from 'react'

const MINUTE_MS = 60_000

// One timer for every time on the page, on the full minute, so that they change together and at midnight.
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setTimeout> | undefined

function everyMinute(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setTimeout(tick, MINUTE_MS - (Date.now() % MINUTE_MS))
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearTimeout(timer)
    timer = undefined
  }
}

function tick() {
  timer = setTimeout(tick, MINUTE_MS - (Date.now() % MINUTE_MS))
  for (const listener of listeners) listener()
}

/** The number of the current minute since 1970; draws again when it changes. */
export function useMinute(): number {
  return useSyncExternalStore(everyMinute, () => Math.floor(Date.now() / MINUTE_MS))
}

/** Whether a moment is past; draws again when it comes. */
export function usePassed(at: number): boolean {
  const [, draw] = useState(0)
  useEffect(() => {
    const wait = at - Date.now()
    // setTimeout cannot wait longer than 24.8 days, and nothing here does.
    if (wait <= 0 || wait > 2 ** 31 - 1) return
    const timer = setTimeout(() => draw((n) => n + 1), wait)
    return () => clearTimeout(timer)
  }, [at])
  return Date.now() >= at
}

/** The current time in milliseconds, anew each second while `running`. */
export function useSeconds(running: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!running) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [running])
  return now
}
