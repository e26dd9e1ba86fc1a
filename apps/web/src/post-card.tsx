import { ANONYMOUS } from '@parvis/contracts/anonymous'
import { memo } from 'react'
import { useWords } from './language-context.tsx'
import { linkedText } from './linked-text.ts'
import { PostProgress, PostTrouble } from './post-state.tsx'
import { DayName, PostTime } from './post-time.tsx'
import type { WallItem } from './wall-items.ts'

/** A text of at most this many UTF-16 units on one line is set large, as an inscription. */
const INSCRIPTION = 42

export interface PostActions {
  retry(id: string): void
  edit(id: string, text: string): void
  discard(id: string): void
}

interface PostCardProps extends WallItem {
  /** The first post of its day on the page carries the day's name. */
  beginsDay: boolean
  actions: PostActions
}

export const PostCard = memo(function PostCard(post: PostCardProps) {
  const { t } = useWords()
  const large = post.text.length <= INSCRIPTION && !post.text.includes('\n')
  return (
    <article
      className="post"
      data-state={post.state}
      data-seq={post.seq}
      data-own={post.own || undefined}
      aria-setsize={-1}
      aria-labelledby={`author-${post.id}`}
      aria-describedby={`text-${post.id}`}
      tabIndex={-1}
    >
      {post.beginsDay && (
        <p className="day">
          <DayName at={post.at} />
        </p>
      )}
      <div className="sheet">
        <header className="post-head">
          <bdi className="author" id={`author-${post.id}`}>
            {post.byHand && post.author === ANONYMOUS ? t.anonymous : post.author}
          </bdi>
          {post.byHand && (
            <span className="by-hand" title={t.byHandHint}>
              {t.byHand}
            </span>
          )}
          <PostTime at={post.at} />
          {post.own && <PostProgress {...post} />}
        </header>
        <div className="post-body">
          {post.removed ? (
            <p className="removed" id={`text-${post.id}`}>
              {t.removed}
            </p>
          ) : (
            <p className="text" id={`text-${post.id}`} dir="auto" data-large={large || undefined}>
              <PostText text={post.text} links={post.links} />
            </p>
          )}
          {post.own && <PostTrouble {...post} />}
        </div>
      </div>
    </article>
  )
})

function PostText({ text, links }: Pick<WallItem, 'text' | 'links'>) {
  let at = 0
  return linkedText(text, links).map((piece) => {
    const key = at
    at += piece.text.length
    return piece.href === undefined ? (
      piece.text
    ) : (
      <a key={key} href={piece.href} target="_blank" rel="noopener nofollow noreferrer">
        {piece.text}
      </a>
    )
  })
}
