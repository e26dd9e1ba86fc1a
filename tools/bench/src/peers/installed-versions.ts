import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { PEERS } from './start-program.ts'

/** Names and installed versions of npm packages of the peers, in words for the table: `ws 8.23.0, …`. */
export function npmVersions(...names: string[]): string {
  return names
    .map((name) => {
      const { version } = JSON.parse(readFileSync(join(PEERS, 'node_modules', name, 'package.json'), 'utf8'))
      return `${name} ${version}`
    })
    .join(', ')
}

/** The same of Debian packages; of one that is not installed, or elsewhere than on Debian, the name alone. */
export async function debianVersions(...names: string[]): Promise<string> {
  const versions = await Promise.all(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg's own placeholder
    names.map((name) => execa('dpkg-query', ['--show', '--showformat=${Version}', name], { reject: false })),
  )
  return names.map((name, i) => [name, versions[i]?.stdout].filter(Boolean).join(' ')).join(', ')
}
