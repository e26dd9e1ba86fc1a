import { useWords } from './language-context.tsx'
import type { PostActions } from './post-card.tsx'
import { usePassed, useSeconds } from './use-time.ts'
import type { WallItem } from './wall-items.ts'

/** Sending is worth a word only when it takes longer than this, in milliseconds. */
const NOTICE_MS = 300
/** From here on it is called slow, and the author may give up. */
const SLOW_MS = 10_000

type OwnPost = WallItem & { actions: PostActions }

/** How far an own post has come, while all goes well: one word in the card's head, so that no change of it moves the wall. */
export function PostProgress(post: OwnPost) {
  const { t } = useWords()
  const noticed = usePassed(post.at + NOTICE_MS)
  const delayed = useDelayed(post)
  const words =
    post.state === 'stored'
      ? t.onTheWall
      : post.state === 'accepted'
        ? t.accepted
        : post.state === 'sending' && noticed && !delayed && t.sending
  return words && <span className="progress">{words}</span>
}

/** What keeps an own post from the wall, and what its author can do about it. */
export function PostTrouble(post: OwnPost) {
  const delayed = useDelayed(post)
  if (post.state === 'refused') return <Refused {...post} />
  return delayed && <Delayed {...post} />
}

/** Whether a post that is to be sent waits, or is slow. */
function useDelayed({ state, at, retryAt = 0, needsPseudo }: WallItem): boolean {
  const slow = usePassed(at + SLOW_MS)
  const due = usePassed(retryAt)
  return state === 'sending' && (slow || !due || needsPseudo === true)
}

function Refused({ id, text, reason, mayRetry, actions }: OwnPost) {
  const { t, problem } = useWords()
  return (
    <div className="trouble" role="alert">
      <p className="reason">
        <strong>{t.refused}.</strong> {reason && problem(reason)}
      </p>
      <p className="actions">
        {mayRetry && (
          <button type="button" aria-describedby={`text-${id}`} onClick={() => actions.retry(id)}>
            {t.retry}
          </button>
        )}
        <button type="button" aria-describedby={`text-${id}`} onClick={() => actions.edit(id, text)}>
          {t.edit}
        </button>
        <button type="button" aria-describedby={`text-${id}`} onClick={() => actions.discard(id)}>
          {t.discard}
        </button>
      </p>
    </div>
  )
}

function Delayed({ id, at, reason, retryAt = 0, needsPseudo, actions }: OwnPost) {
  const { t, problem } = useWords()
  const slow = usePassed(at + SLOW_MS)
  const waiting = !usePassed(retryAt)
  const now = useSeconds(waiting)
  const seconds = t.waitingSeconds(Math.max(1, Math.ceil((retryAt - now) / 1_000)))
  const wait = reason ? `${problem(reason)} ${seconds}` : seconds
  return (
    <div className="trouble">
      <p>{needsPseudo ? t.waitingForPseudo : waiting ? wait : t.stillTrying}</p>
      {(slow || needsPseudo) && (
        <p className="actions">
          <button type="button" aria-describedby={`text-${id}`} onClick={() => actions.discard(id)}>
            {t.discard}
          </button>
        </p>
      )}
    </div>
  )
}
