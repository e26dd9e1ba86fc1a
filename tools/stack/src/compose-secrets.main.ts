// The first job of compose.yaml: secrets, made at the first start, for each container its own.
import { writeComposeSecrets } from './compose-secrets.ts'
import { runTool } from './run-tool.ts'

await runTool(async () => {
  const folder = process.argv[2] as string
  await writeComposeSecrets(folder, process.env)
  console.log('every container has its secrets')
})
