import { useEffect, useRef, useState } from 'react'
import { useWords } from './language-context.tsx'
import type { Wall } from './wall-state.ts'

/** A screen reader is told of new posts at most this often, in milliseconds. */
const PAUSE_MS = 5_000

/** Tells, politely and to screen readers alone, how many posts of others came. */
export function Announcer({ wall, mine }: { wall: Wall; mine: ReadonlyMap<string, string> }) {
  const { t } = useWords()
  const [words, setWords] = useState('')
  const told = useRef<number>(undefined)
  const latest = useRef({ wall, mine, t })
  latest.current = { wall, mine, t }

  useEffect(() => {
    const timer = setInterval(() => {
      const now = latest.current
      if (!now.wall.known) {
        told.current = undefined
        return
      }
      const since = told.current
      told.current = now.wall.last
      // What was there at the beginning is not news.
      if (since === undefined || now.wall.last <= since) return setWords('')
      const news = now.wall.entries.filter(
        (entry) => entry.seq > since && entry.kind === 'post' && !now.mine.has(entry.post.id),
      ).length
      setWords(news > 0 ? now.t.newPosts(news) : '')
    }, PAUSE_MS)
    return () => clearInterval(timer)
  }, [])

  return (
    <p role="status" className="only-heard">
      {words}
    </p>
  )
}
