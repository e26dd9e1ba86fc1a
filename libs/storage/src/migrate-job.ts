import { migrate } from './migrate.ts'

/** The boot job of one service's tables: brings the database at MYSQL_URL up to date, says so in a line, and ends. */
export async function migrateJob(what: { folder: URL; table: string }): Promise<never> {
  const url = process.env.MYSQL_URL
  if (!url) {
    console.error('MYSQL_URL is missing')
    process.exit(1)
  }
  const asked = new AbortController()
  process.on('SIGTERM', () => asked.abort(new Error('it was told to end')))
  try {
    const done = await migrate(url, { ...what, signal: asked.signal })
    console.log(
      done.length > 0 ? `the database was brought up to date: ${done.join(', ')}` : 'the database is up to date',
    )
    process.exit(0)
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    console.error(`the database cannot be brought up to date: ${message || code}`)
    process.exit(1)
  }
}
