import { PlainError } from './servers.ts'

/** Runs a command to its end and ends the process: code 0, or 1 after one sentence for a person (a stack if unforeseen). */
export async function runTool(main: () => Promise<void>): Promise<never> {
  // Whoever read our lines may go away (`npm start | head`); what runs must still be stopped in order.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  try {
    await main()
    process.exit(0)
  } catch (error) {
    console.error(error instanceof PlainError ? `\nparvis: ${error.message}` : error)
    process.exit(1)
  }
}
