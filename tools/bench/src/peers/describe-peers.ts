import { peers } from './all.ts'

/** A system that Parvis is measured beside, in the words of the report. */
export interface PeerDescription {
  name: string
  versions: string
  promise: string
}

/** What each peer is made of and promises; after installPeers. One that is not on this machine says so. */
export function describePeers(): Promise<PeerDescription[]> {
  return Promise.all(
    peers.map(async ({ name, promise, versions }) => {
      const made = await Promise.resolve()
        .then(versions)
        .catch((error: Error) => `not on this machine: ${error.message}`)
      return { name, promise, versions: made }
    }),
  )
}
