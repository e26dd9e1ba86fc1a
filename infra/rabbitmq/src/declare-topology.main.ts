import { declareTopology } from '@parvis/bus/declare-topology'

// The boot job: gives the broker at RABBITMQ_URL its exchanges, queues and bindings, or says where it differs.
const url = process.env.RABBITMQ_URL
if (!url) {
  console.error('RABBITMQ_URL is missing')
  process.exit(1)
}
try {
  await declareTopology(url)
  console.log('the broker has its exchanges, queues and bindings')
} catch (error) {
  console.error(error instanceof Error ? error.message || String(error) : String(error))
  process.exit(1)
}
