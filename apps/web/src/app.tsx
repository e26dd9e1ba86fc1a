import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { Announcer } from './announcer.tsx'
import { channelOf } from './channel-address.ts'
import { ComposeBox } from './compose-box.tsx'
import { ConnectionBar } from './connection-bar.tsx'
import type { Drafts } from './drafts.ts'
import { NewAbove } from './new-above.tsx'
import { PageHead } from './page-head.tsx'
import { perFrame } from './per-frame.ts'
import type { PostActions } from './post-card.tsx'
import type { WallClient } from './wall-client.ts'
import { WallFeed } from './wall-feed.tsx'

export function App({ client, drafts }: { client: WallClient; drafts: Drafts }) {
  const subscribe = useMemo(() => (listener: () => void) => client.subscribe(perFrame(listener)), [client])
  const state = useSyncExternalStore(subscribe, client.getState)
  const [addressFit, setAddressFit] = useState(() => channelOf(window.location).fit)
  const textArea = useRef<HTMLTextAreaElement>(null)
  const wall = useRef<HTMLElement>(null)

  useEffect(() => {
    const follow = () => {
      const { channel, fit } = channelOf(window.location)
      setAddressFit(fit)
      client.switchChannel(channel)
    }
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [client])

  useEffect(() => {
    document.title = `#${state.wall.channel} · Parvis`
  }, [state.wall.channel])

  const actions = useMemo<PostActions>(
    () => ({
      retry: client.retry,
      discard(id) {
        client.discard(id)
        // The card that had the focus is no more.
        wall.current?.focus({ preventScroll: true })
      },
      edit(id, text) {
        const { channel } = client.getState().wall
        const draft = drafts.get(channel)
        drafts.set(channel, draft === '' ? text : `${draft}\n${text}`)
        client.discard(id)
        textArea.current?.focus()
      },
    }),
    [client, drafts],
  )

  return (
    <div className="page" data-connection={state.connection} data-channel={state.wall.channel}>
      <PageHead state={state} addressFit={addressFit} />
      <main>
        <ConnectionBar state={state} retry={client.wake} />
        <ComposeBox key={state.wall.channel} client={client} state={state} drafts={drafts} textArea={textArea} />
        <WallFeed place={wall} client={client} state={state} actions={actions} />
      </main>
      <NewAbove key={`new-${state.wall.channel}`} wall={state.wall} mine={state.mine} />
      <Announcer key={state.wall.channel} wall={state.wall} mine={state.mine} />
    </div>
  )
}
