import { useWords } from './language-context.tsx'
import { useMinute } from './use-time.ts'

const MINUTE_MS = 60_000
const HOUR_MINUTES = 60

/** When a post was written: minutes ago within the hour, else the time of day; the whole date on hover. */
export function PostTime({ at }: { at: number }) {
  const { locale, t } = useWords()
  const date = new Date(at)
  const minutes = Math.floor((useMinute() * MINUTE_MS - at) / MINUTE_MS)
  const words =
    minutes < 1
      ? t.now
      : minutes < HOUR_MINUTES
        ? new Intl.RelativeTimeFormat(locale, { style: 'short' }).format(-minutes, 'minute')
        : new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(date)
  return (
    <time
      dateTime={date.toISOString()}
      title={new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(date)}
    >
      {words}
    </time>
  )
}

/** The heading of a day: today, yesterday, or its date. */
export function DayName({ at }: { at: number }) {
  const { locale, t } = useWords()
  useMinute()
  const day = new Date(at).toDateString()
  const today = new Date()
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)
  if (day === today.toDateString()) return t.today
  if (day === yesterday.toDateString()) return t.yesterday
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(at)
}
