import { HEARTBEAT_MS } from '@parvis/contracts/limits'
import type { SUBPROTOCOL } from '@parvis/contracts/live-protocol'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { channelOf } from './channel-address.ts'
import { browserClock } from './clock.ts'
import { createDrafts } from './drafts.ts'
import { browserStore } from './key-value-store.ts'
import { LanguageProvider } from './language-context.tsx'
import type { SocketLike } from './live-socket.ts'
import { createWallClient } from './wall-client.ts'
import './page.css'
import './compose.css'
import './wall.css'

// Held to the contract by its type: importing the value would bring the schemas into the page.
const subprotocol: typeof SUBPROTOCOL = 'parvis.v1'

const store = browserStore()
const drafts = createDrafts(store)
const client = createWallClient({
  clock: browserClock,
  fetch: (url, init) => fetch(url, init),
  store,
  openSocket: () =>
    new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, subprotocol) as SocketLike,
  heartbeatMs: HEARTBEAT_MS,
  channel: channelOf(window.location).channel,
})

window.addEventListener('online', client.wake)
// Some network has gone, not always the one that leads to the wall: whether it is still there shows by asking.
window.addEventListener('offline', client.wake)
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) client.wake()
})
window.addEventListener('storage', (event) => {
  client.onKeptChange(event.key)
  drafts.onKeptChange()
})
client.start()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <LanguageProvider store={store}>
      <App client={client} drafts={drafts} />
    </LanguageProvider>
  </StrictMode>,
)
