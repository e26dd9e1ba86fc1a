import { useWords } from './language-context.tsx'
import type { PostActions } from './post-card.tsx'
import { usePassed, useSeconds } from './use-time.ts'
import type { WallItem } from './wall-items.ts'

/** Sending is worth a word only when it takes longer than this, in milliseconds. */
const NOTICE_MS = 300
/** From here on it is called slow, and the author may give up. */
const SLOW_MS = 10_000

/** How far an own post has come, and what its author can do. */
export function PostState(post: WallItem & { actions: PostActions }) {
  const { t, problem } = useWords()
  if (post.state === 'stored') return <p className="post-state">{t.onTheWall}</p>
  if (post.state === 'accepted') return <p className="post-state">{t.accepted}</p>
  if (post.state === 'sending') return <Sending {...post} />
  return (
    <div className="post-state" role="alert">
      <p className="reason">
        <strong>{t.refused}.</strong> {post.reason && problem(post.reason)}
      </p>
      <p className="actions">
        {post.mayRetry && (
          <button type="button" onClick={() => post.actions.retry(post.id)}>
            {t.retry}
          </button>
        )}
        <button type="button" onClick={() => post.actions.edit(post.id, post.text)}>
          {t.edit}
        </button>
        <button type="button" onClick={() => post.actions.discard(post.id)}>
          {t.discard}
        </button>
      </p>
    </div>
  )
}

function Sending({ id, at, reason, retryAt = 0, needsPseudo, actions }: WallItem & { actions: PostActions }) {
  const { t, problem } = useWords()
  const noticed = usePassed(at + NOTICE_MS)
  const slow = usePassed(at + SLOW_MS)
  const waiting = !usePassed(retryAt)
  const now = useSeconds(waiting)
  if (!noticed) return null
  const seconds = t.waitingSeconds(Math.max(1, Math.ceil((retryAt - now) / 1_000)))
  const wait = reason ? `${problem(reason)} ${seconds}` : seconds
  return (
    <div className="post-state">
      <p>{needsPseudo ? t.waitingForPseudo : waiting ? wait : slow ? t.stillTrying : t.sending}</p>
      {(slow || needsPseudo) && (
        <p className="actions">
          <button type="button" onClick={() => actions.discard(id)}>
            {t.discard}
          </button>
        </p>
      )}
    </div>
  )
}
