// A job of compose.yaml: gives each service its user at the broker of RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL.
import { runTool } from './run-tool.ts'
import { managementAnswers } from './server-answers.ts'
import { PlainError } from './servers.ts'
import { makeAccounts, serviceAddresses } from './service-accounts.ts'
import { waitUntil } from './wait-until.ts'

const WAIT_MS = 60_000

await runTool(async () => {
  const { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL } = process.env
  if (!RABBITMQ_URL || !RABBITMQ_MANAGEMENT_URL) {
    throw new PlainError('RABBITMQ_URL or RABBITMQ_MANAGEMENT_URL is missing.')
  }
  await waitUntil('RabbitMQ', () => managementAnswers(RABBITMQ_MANAGEMENT_URL), {
    limitMs: WAIT_MS,
    failed: new Promise(() => {}),
    log: console.log,
    hint: 'Its log: docker compose logs rabbitmq',
  })
  await makeAccounts(serviceAddresses(RABBITMQ_URL), RABBITMQ_MANAGEMENT_URL)
  console.log('each service has its user at the broker')
})
