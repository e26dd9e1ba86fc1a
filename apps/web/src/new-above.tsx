import { useEffect, useState, useSyncExternalStore } from 'react'
import { useWords } from './language-context.tsx'
import type { Wall } from './wall-state.ts'

/** Who has scrolled further down than this, in pixels, does not see what comes at the top. */
const AWAY_PX = 400

/** Tells a reader further down how many posts of others have come since, and leads back to them. */
export function NewAbove({ wall, mine }: { wall: Wall; mine: ReadonlyMap<string, string> }) {
  const { t } = useWords()
  const away = useSyncExternalStore(onScroll, isAway)
  const [seen, setSeen] = useState<number>()

  // What was there when the page was opened is not new, wherever its reader is.
  useEffect(() => {
    if (wall.known && (!away || seen === undefined)) setSeen(wall.last)
  }, [away, seen, wall.known, wall.last])

  if (!away || seen === undefined) return null
  const count = wall.entries.filter(({ seq, kind, post }) => seq > seen && kind === 'post' && !mine.has(post.id)).length
  if (count === 0) return null
  return (
    <button type="button" className="new-above primary" onClick={() => window.scrollTo({ top: 0 })}>
      <span aria-hidden="true">↑ </span>
      {t.newPosts(count)}
    </button>
  )
}

function onScroll(listener: () => void): () => void {
  window.addEventListener('scroll', listener, { passive: true })
  return () => window.removeEventListener('scroll', listener)
}

function isAway(): boolean {
  return window.scrollY > AWAY_PX
}
