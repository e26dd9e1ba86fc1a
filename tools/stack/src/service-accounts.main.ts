// A job of compose.yaml: gives each service its users at the broker of RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL and in
// the database of MYSQL_URL, which are administrators' addresses.
import { brokerAddresses, makeBrokerAccounts } from './broker-accounts.ts'
import { makeDatabaseAccounts } from './database-accounts.ts'
import { runTool } from './run-tool.ts'
import { managementAnswers, mysqlAnswers } from './server-answers.ts'
import { PlainError } from './servers.ts'
import { waitUntil } from './wait-until.ts'

const WAIT_MS = 60_000

await runTool(async () => {
  const { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, MYSQL_URL } = process.env
  if (!RABBITMQ_URL || !RABBITMQ_MANAGEMENT_URL || !MYSQL_URL) {
    throw new PlainError('RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL or MYSQL_URL is missing.')
  }
  const wait = (what: string, hint: string, answers: () => Promise<boolean>) =>
    waitUntil(what, answers, { limitMs: WAIT_MS, failed: new Promise(() => {}), log: console.log, hint })
  await wait('RabbitMQ', 'Its log: docker compose logs rabbitmq', () => managementAnswers(RABBITMQ_MANAGEMENT_URL))
  await wait('MySQL', 'Its log: docker compose logs mysql', () => mysqlAnswers(MYSQL_URL))
  await makeBrokerAccounts(brokerAddresses(RABBITMQ_URL), RABBITMQ_MANAGEMENT_URL)
  await makeDatabaseAccounts(MYSQL_URL)
  console.log('each service has its users at the broker and in the database')
})
