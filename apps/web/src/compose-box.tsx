import { checkText } from '@parvis/contracts/check-text'
import { TEXT_GRAPHEMES } from '@parvis/contracts/limits'
import {
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { countGraphemes } from 'unicode-segmenter/grapheme'
import type { ClientState } from './client-state.ts'
import type { Drafts } from './drafts.ts'
import { useWords } from './language-context.tsx'
import type { ProblemKey } from './problem-words.ts'
import { PseudoForm } from './pseudo-form.tsx'
import type { WallClient } from './wall-client.ts'

/** The counter shows from this share of the longest text on. */
const COUNT_FROM = 0.8

interface ComposeBoxProps {
  client: WallClient
  state: ClientState
  drafts: Drafts
  textArea: RefObject<HTMLTextAreaElement | null>
}

export function ComposeBox({ client, state, drafts, textArea }: ComposeBoxProps) {
  const { t, problem } = useWords()
  const { channel } = state.wall
  const text = useSyncExternalStore(drafts.subscribe, () => drafts.get(channel))
  /** Whether a pseudo is asked for, and why. */
  const [asking, setAsking] = useState<'to-post' | 'to-be-someone'>()
  const [fault, setFault] = useState<ProblemKey>()
  const id = useId()
  const who = useRef<HTMLDivElement>(null)
  /** The button that had the focus is no more: the next one there gets it, or the keyboard would begin at the top again. */
  const focusLost = useRef(false)

  useEffect(() => {
    if (!focusLost.current) return
    const { activeElement, body } = document
    if (activeElement === body) who.current?.querySelector('button')?.focus()
    // Still on the button that is about to go; whoever has gone on to something else is left there.
    focusLost.current = who.current?.contains(activeElement) ?? false
  })

  const { session, sessionOver } = state
  const length = countGraphemes(text)
  const standing = text === '' ? undefined : checkText(text)
  const shown = standing && standing.code !== 'text-empty' ? standing.code : fault

  function send() {
    // A second Enter behind a post is no fault.
    if (text === '') return textArea.current?.focus()
    const found = checkText(text)
    if (found) return setFault(found.code)
    if (!session) return setAsking('to-post')
    if (!client.post(text)) return setFault('outbox-full')
    setFault(undefined)
    drafts.set(channel, '')
    textArea.current?.focus()
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    send()
  }

  function onKeyDown(event: KeyboardEvent) {
    // Enter that ends a composition (an accent, a Chinese word) is not meant for us; 229 is how Safari says so.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return
    event.preventDefault()
    send()
  }

  async function logOut() {
    const refusal = await client.logOut()
    setFault(refusal?.code)
    if (!refusal) stopAsking()
  }

  function stopAsking() {
    focusLost.current = true
    setAsking(undefined)
  }

  /** Who pressed Post and was asked for a pseudo has posted by giving it; a draft alone stays one. */
  const posting = asking === 'to-post' && text !== '' && !standing
  function onChosen() {
    setAsking(undefined)
    // An answer may take seconds: whoever has gone to another channel since, or gone on writing, posts when they say so.
    const asItWas = client.getState().wall.channel === channel && drafts.get(channel) === text
    if (posting && asItWas && client.post(text)) drafts.set(channel, '')
    textArea.current?.focus()
  }

  return (
    <section className="compose" aria-label={t.write}>
      <form onSubmit={submit}>
        <label htmlFor={id}>{t.write}</label>
        <textarea
          id={id}
          ref={textArea}
          dir="auto"
          rows={2}
          placeholder={t.writePlaceholder}
          enterKeyHint="send"
          value={text}
          onChange={(event) => {
            setFault(undefined)
            drafts.set(channel, event.target.value)
          }}
          onKeyDown={onKeyDown}
          aria-invalid={shown !== undefined}
          aria-describedby={shown ? `${id}-keys ${id}-reason` : `${id}-keys`}
        />
        {shown && (
          <p role="alert" id={`${id}-reason`} className="reason" data-code={shown}>
            {problem(shown)}
          </p>
        )}
        <div className="compose-foot">
          <p className="hint keys" id={`${id}-keys`}>
            {t.keys}
          </p>
          {length >= TEXT_GRAPHEMES * COUNT_FROM && (
            <p className="counter" data-over={length > TEXT_GRAPHEMES || undefined}>
              {length > TEXT_GRAPHEMES
                ? t.charactersOver(length - TEXT_GRAPHEMES)
                : t.charactersLeft(TEXT_GRAPHEMES - length)}
            </p>
          )}
          <button type="submit" className="primary" disabled={standing !== undefined && standing.code !== 'text-empty'}>
            {t.post}
          </button>
        </div>
      </form>
      <div className="who" ref={who}>
        {sessionOver && (
          <p role="alert" className="reason" data-code={sessionOver}>
            {problem(sessionOver)}
          </p>
        )}
        {asking || sessionOver ? (
          <PseudoForm
            key={sessionOver}
            client={client}
            initial={session?.pseudo}
            posting={posting}
            onChosen={onChosen}
            onCancel={() => (sessionOver ? void logOut() : stopAsking())}
          />
        ) : session ? (
          <p>
            <span id={`${id}-who`}>
              {t.writingAs} <bdi className="author">{session.pseudo}</bdi>
            </span>
            <button type="button" onClick={() => setAsking('to-be-someone')}>
              {t.changePseudo}
            </button>
            <button type="button" aria-describedby={`${id}-who`} onClick={() => void logOut()}>
              {t.logOut}
            </button>
          </p>
        ) : (
          <p>
            <button type="button" onClick={() => setAsking('to-be-someone')}>
              {t.choosePseudo}
            </button>
          </p>
        )}
      </div>
    </section>
  )
}
