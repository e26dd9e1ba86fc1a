import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { PEERS } from './start-program.ts'

/** Names and installed versions of the peers' npm packages, in words for the table; of one not installed, the name alone. */
export function npmVersions(...names: string[]): string {
  return names.map((name) => [name, npmVersion(name)].filter(Boolean).join(' ')).join(', ')
}

function npmVersion(name: string): string {
  try {
    return JSON.parse(readFileSync(join(PEERS, 'node_modules', name, 'package.json'), 'utf8')).version
  } catch {
    return ''
  }
}

/** The same of Debian packages. */
export async function debianVersions(...names: string[]): Promise<string> {
  const versions = await Promise.all(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg's own placeholder
    names.map((name) => execa('dpkg-query', ['--show', '--showformat=${Version}', name], { reject: false })),
  )
  return names.map((name, i) => [name, versions[i]?.stdout].filter(Boolean).join(' ')).join(', ')
}
