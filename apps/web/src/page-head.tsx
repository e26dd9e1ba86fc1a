import { canonicalChannel } from '@parvis/contracts/channel'
import { type FormEvent, useEffect, useId, useState } from 'react'
import type { ClientState } from './client-state.ts'
import { useWords } from './language-context.tsx'

/** The name, where one is, how the connection is, and the other language. */
export function PageHead({ state, addressFit }: { state: ClientState; addressFit: boolean }) {
  const { language, t, setLanguage } = useWords()
  const connection = { live: t.live, connecting: t.connecting, waiting: t.offline }[state.connection]
  return (
    <header className="page-head">
      <div className="page-head-inner">
        <h1>Parvis</h1>
        <p className="tagline">{t.tagline}</p>
        <p className="connection" data-connection={state.connection}>
          {connection}
        </p>
        <button
          type="button"
          className="language"
          lang={t.otherLanguageTag}
          onClick={() => setLanguage(language === 'fr' ? 'en' : 'fr')}
        >
          {t.otherLanguage}
        </button>
        <ChannelForm channel={state.wall.channel} addressFit={addressFit} />
      </div>
    </header>
  )
}

function ChannelForm({ channel, addressFit }: { channel: string; addressFit: boolean }) {
  const { t, problem } = useWords()
  const [name, setName] = useState(channel)
  const [refused, setRefused] = useState(!addressFit)
  const id = useId()

  // Not by a key, which would make the field anew and lose the focus of whoever has just named a channel in it.
  useEffect(() => {
    setName(channel)
    setRefused(!addressFit)
  }, [channel, addressFit])

  function submit(event: FormEvent) {
    event.preventDefault()
    const canonical = canonicalChannel(name.trim())
    setRefused(canonical === undefined)
    if (canonical === undefined) return
    setName(canonical)
    window.location.hash = canonical
  }

  return (
    <form className="channel-form" onSubmit={submit}>
      <label htmlFor={id}>{t.channel}</label>
      <span className="channel-field">
        <span aria-hidden="true">#</span>
        <input
          id={id}
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-invalid={refused}
          aria-describedby={refused ? `${id}-reason` : undefined}
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="go"
        />
      </span>
      {name !== channel && <button type="submit">{t.goToChannel}</button>}
      {refused && (
        <p role="alert" id={`${id}-reason`} className="reason" data-code="channel-not-fit">
          {problem('channel-not-fit')}
        </p>
      )}
    </form>
  )
}
