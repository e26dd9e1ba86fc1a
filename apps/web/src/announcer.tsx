import { useEffect, useRef, useState } from 'react'
import { useWords } from './language-context.tsx'
import type { Wall } from './wall-state.ts'

/** A screen reader is told of new posts at most this often, in milliseconds. */
const PAUSE_MS = 5_000
const CLEAR_MS = 2_000

/** Tells, politely and to screen readers alone, how many posts of others came. */
export function Announcer({ wall, mine }: { wall: Wall; mine: ReadonlyMap<string, string> }) {
  const { t } = useWords()
  const [words, setWords] = useState('')
  const told = useRef<number>(undefined)
  const latest = useRef({ wall, mine, t })
  latest.current = { wall, mine, t }

  useEffect(() => {
    let clear: ReturnType<typeof setTimeout> | undefined
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
      // The same words a second time are heard only if they were gone meanwhile.
      clear = setTimeout(() => setWords(''), CLEAR_MS)
    }, PAUSE_MS)
    return () => {
      clearInterval(timer)
      clearTimeout(clear)
    }
  }, [])

  return (
    <p role="status" className="only-heard">
      {words}
    </p>
  )
}
