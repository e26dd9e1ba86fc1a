import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './run-job.ts'

/** Adds the settings of .env, where there is one, to the environment, which itself comes first. */
export function readDotEnv(): void {
  const file = join(ROOT, '.env')
  if (existsSync(file)) process.loadEnvFile(file)
}
