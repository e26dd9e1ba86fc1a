import { type ParseArgsConfig, parseArgs } from 'node:util'
import { PlainError } from './servers.ts'

/**
 * Node's parseArgs, but a word that there is not is refused with one sentence that says where to look.
 * @param command as a person types it: `npm run storm --`
 */
export function parseOptions<const T extends ParseArgsConfig>(command: string, config: T) {
  try {
    return parseArgs(config)
  } catch (error) {
    // The first sentence names the word; the rest is about positional arguments.
    throw new PlainError(`${(error as Error).message.split('. ')[0]}. What there is: ${command} --help`)
  }
}
