import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import type { ClientState } from './client-state.ts'
import { onFeedKey } from './feed-keys.ts'
import { useWords } from './language-context.tsx'
import { type PostActions, PostCard } from './post-card.tsx'
import { usePassed } from './use-time.ts'
import type { WallClient } from './wall-client.ts'
import { wallItems } from './wall-items.ts'
import { MOST_ENTRIES } from './wall-state.ts'

/** Waiting is shown only when it lasts, in milliseconds. */
const NOTICE_MS = 300

interface WallFeedProps {
  client: WallClient
  state: ClientState
  actions: PostActions
  place: RefObject<HTMLElement | null>
}

export function WallFeed({ client, state, actions, place }: WallFeedProps) {
  const { t } = useWords()
  const { wall, outbox, mine } = state
  const someone = state.session !== undefined && !state.sessionOver
  const items = useMemo(() => wallItems(wall, outbox, mine, someone), [wall, outbox, mine, someone])
  const feed = useRef<HTMLDivElement>(null)
  const busy = !wall.known || state.older === 'loading'
  let day = ''

  // Each new post moves all others by one. Set here, not as a property, or every card would be drawn anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cards are there when the items are
  useLayoutEffect(() => {
    let position = 0
    for (const card of feed.current?.children ?? []) card.setAttribute('aria-posinset', String(++position))
  }, [items])

  return (
    <section className="wall" aria-label={t.wall} ref={place} tabIndex={-1}>
      <div
        ref={feed}
        {...(items.length > 0 && { role: 'feed', 'aria-label': t.wall, onKeyDown: onFeedKey })}
        aria-busy={busy}
      >
        {items.map((item) => {
          const itsDay = new Date(item.at).toDateString()
          const beginsDay = itsDay !== day
          day = itsDay
          return <PostCard key={item.id} {...item} beginsDay={beginsDay} actions={actions} />
        })}
      </div>
      {!wall.known ? (
        <Loading key={wall.channel} />
      ) : items.length === 0 ? (
        <div className="quiet" data-testid="empty">
          <p className="inscription">{t.empty}</p>
          <p>{t.emptyHint}</p>
        </div>
      ) : (
        <End client={client} state={state} />
      )}
    </section>
  )
}

function Loading() {
  const { t } = useWords()
  const shown = usePassed(useMemo(() => Date.now() + NOTICE_MS, []))
  if (!shown) return null
  return (
    <div className="quiet">
      <p>{t.loading}</p>
      <div className="skeleton" aria-hidden="true" />
      <div className="skeleton" aria-hidden="true" />
      <div className="skeleton" aria-hidden="true" />
    </div>
  )
}

/** What comes after the oldest post that is shown: more, on reaching it or by its button, or the beginning. */
function End({ client, state }: { client: WallClient; state: ClientState }) {
  const { t } = useWords()
  const place = useRef<HTMLDivElement>(null)
  const { older, wall } = state
  const full = wall.entries.length >= MOST_ENTRIES
  const more = wall.hasMore && !full
  const oldest = wall.entries[0]?.seq

  // `oldest` is no part of the effect's code, but a page that still ends in view after loading must go on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!more || older !== 'idle' || !place.current) return
    const observer = new IntersectionObserver((seen) => {
      // Only a reader who scrolls is given more by itself; on a tall screen the button does.
      if (seen.some((one) => one.isIntersecting) && window.scrollY > 0) void client.showOlder()
    })
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [client, more, older, oldest])

  return (
    <div className="quiet end" ref={place}>
      {older === 'failed' && <p role="alert">{t.olderFailed}</p>}
      {more ? (
        <button type="button" disabled={older === 'loading'} onClick={() => void client.showOlder()}>
          {older === 'loading' ? t.loadingOlder : older === 'failed' ? t.tryAgain : t.showOlder}
        </button>
      ) : (
        <p>{wall.hasMore ? t.heldAll : t.beginning}</p>
      )}
    </div>
  )
}
