import { readFile, writeFile } from 'node:fs/promises'
import { definitionsFile, definitionsText } from './definitions.ts'

// Writes definitions.json from the topology. With --check it only compares, and fails when the file is not what the
// topology says.

if (process.argv.includes('--check')) {
  if ((await readFile(definitionsFile, 'utf8').catch(() => '')) !== definitionsText) {
    console.error('infra/rabbitmq/definitions.json is not what the topology says: npm run generate')
    process.exit(1)
  }
} else {
  await writeFile(definitionsFile, definitionsText)
  console.log('infra/rabbitmq/definitions.json written')
}
