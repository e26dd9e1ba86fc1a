import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { Refusal } from './http.ts'
import { useWords } from './language-context.tsx'
import { suggestPseudo } from './suggest-pseudo.ts'
import type { WallClient } from './wall-client.ts'

interface PseudoFormProps {
  client: WallClient
  /** The pseudo to begin with; one is suggested when there is none. */
  initial?: string | undefined
  /** Somebody has pressed Post and is asked first who they are. */
  posting: boolean
  onChosen(): void
  onCancel(): void
}

export function PseudoForm({ client, initial, posting, onChosen, onCancel }: PseudoFormProps) {
  const { language, t, problem } = useWords()
  const [pseudo, setPseudo] = useState(() => initial ?? suggestPseudo(language, Math.random))
  const [refusal, setRefusal] = useState<Refusal>()
  const [busy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()

  // Selected, so that typing replaces what is suggested.
  useEffect(() => selectAll(input.current), [])

  async function choose(name: string) {
    if (busy) return
    setPseudo(name)
    setBusy(true)
    const answer = await client.choosePseudo(name)
    setBusy(false)
    if (answer.ok) return onChosen()
    setRefusal(answer)
    selectAll(input.current)
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    void choose(pseudo)
  }

  function onKeyDown({ key, nativeEvent }: KeyboardEvent) {
    // Escape also ends a composition, which is not meant for us.
    if (key === 'Escape' && !nativeEvent.isComposing && !busy) onCancel()
  }

  const suggestion = refusal?.suggestion
  return (
    <form className="pseudo-form" onSubmit={submit} onKeyDown={onKeyDown}>
      <label htmlFor={id}>{t.pseudo}</label>
      <div className="pseudo-row">
        <input
          id={id}
          ref={input}
          name="pseudo"
          dir="auto"
          autoComplete="nickname"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="done"
          value={pseudo}
          onChange={(event) => setPseudo(event.target.value)}
          aria-invalid={refusal !== undefined}
          aria-describedby={refusal ? `${id}-hint ${id}-reason` : `${id}-hint`}
          required
        />
        <button type="submit" className="primary" disabled={busy}>
          {busy ? t.taking : posting ? t.takeAndPost : t.take}
        </button>
        <button type="button" onClick={onCancel} disabled={busy}>
          {t.cancel}
        </button>
      </div>
      <p id={`${id}-hint`} className="hint">
        {t.pseudoHint}
      </p>
      {refusal && (
        <p role="alert" id={`${id}-reason`} className="reason" data-code={refusal.code}>
          {refusal.code === 'value-not-fit' ? problem('pseudo-not-fit') : problem(refusal.code)}{' '}
          {refusal.retryAfterS !== undefined && t.tryAgainIn(refusal.retryAfterS)}
          {suggestion !== undefined && (
            <button type="button" onClick={() => void choose(suggestion)}>
              {t.takeSuggestion(suggestion)}
            </button>
          )}
        </p>
      )}
    </form>
  )
}

/** Not every browser focuses what is selected. */
function selectAll(input: HTMLInputElement | null): void {
  input?.focus()
  input?.select()
}
