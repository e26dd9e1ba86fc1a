import { type Connection, createConnection } from 'mysql2/promise'

/**
 * Somebody who does something in MySQL again and again, beside the storm, until it is over.
 * @param again does it once, on a connection of its own; what it rejects ends the meddling, and `end` rejects with it
 */
export function createMeddler(again: (connection: Connection, round: number) => Promise<void>) {
  let over = false
  let meddling: Promise<void> | undefined

  async function meddle(connection: Connection): Promise<void> {
    try {
      for (let round = 0; !over; round++) await again(connection, round)
    } finally {
      connection.destroy()
    }
  }

  return {
    async begin(url: string): Promise<void> {
      const connection = await createConnection({ uri: url })
      connection.on('error', () => {})
      over = false
      meddling = meddle(connection)
      // Heard of at the end.
      meddling.catch(() => {})
    },
    async end(): Promise<void> {
      over = true
      await meddling
    },
  }
}
