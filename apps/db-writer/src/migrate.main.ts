import { migrate } from './migrate.ts'

// The boot job: brings the database at MYSQL_URL up to date.
const url = process.env.MYSQL_URL
if (!url) {
  console.error('MYSQL_URL is missing')
  process.exit(1)
}
try {
  const done = await migrate(url)
  console.log(
    done.length > 0 ? `the database was brought up to date: ${done.join(', ')}` : 'the database is up to date',
  )
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  console.error(`the database cannot be brought up to date: ${message || code}`)
  process.exit(1)
}
