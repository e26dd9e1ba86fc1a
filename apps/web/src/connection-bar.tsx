import type { ClientState } from './client-state.ts'
import { useWords } from './language-context.tsx'
import { usePassed, useSeconds } from './use-time.ts'

/** A loss shorter than this is nobody's business, in milliseconds. */
const NOTICE_MS = 5_000
/** How long the good news stay. */
const FAREWELL_MS = 6_000

/** Says nothing while all is well; after 5 s without the wall, since when, what is done about it and what waits. */
export function ConnectionBar({ state, retry }: { state: ClientState; retry(): void }) {
  if (state.notLiveSince !== undefined)
    return <Lost key={state.notLiveSince} state={state} since={state.notLiveSince} retry={retry} />
  if (state.caughtUp && state.caughtUp.afterMs >= NOTICE_MS) return <Back {...state.caughtUp} />
  return null
}

function Lost({ state, since, retry }: { state: ClientState; since: number; retry(): void }) {
  const { t, problem } = useWords()
  const noticed = usePassed(since + NOTICE_MS)
  const now = useSeconds(noticed)
  if (!noticed) return null
  const waiting = state.outbox.filter((post) => post.state === 'sending').length
  const seconds = (ms: number) => Math.max(1, Math.round(ms / 1_000))
  return (
    <div className="connection-bar" data-tone="lost">
      <p>
        <strong role="status">{state.notAllowed ? problem('origin-not-allowed') : t.offline}</strong>{' '}
        {!state.notAllowed && <span>{t.offlineFor(seconds(now - since))}</span>}{' '}
        {state.connection === 'waiting' && state.retryAt !== undefined
          ? t.nextTry(seconds(state.retryAt - now))
          : t.trying}{' '}
        {waiting > 0 && t.postsWaiting(waiting)}
      </p>
      <button type="button" onClick={retry}>
        {t.retryNow}
      </button>
    </div>
  )
}

function Back({ entries, at }: { entries: number; at: number }) {
  const { t } = useWords()
  if (usePassed(at + FAREWELL_MS)) return null
  return (
    <div className="connection-bar" data-tone="back" role="status">
      <p>{entries > 0 ? t.caughtUp(entries) : t.backAgain}</p>
    </div>
  )
}
