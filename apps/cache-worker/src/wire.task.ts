import type { Entry } from '@parvis/contracts/post'

// Runs in a thread: entries to the JSON text that Redis holds and browsers get, each encoded once for all.
export default function wireTask(entries: readonly Entry[]): string[] {
  return entries.map((entry) => JSON.stringify(entry))
}
