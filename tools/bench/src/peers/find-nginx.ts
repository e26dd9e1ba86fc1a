import { existsSync } from 'node:fs'
import { findProgram } from '@parvis/stack/find-program'
import { type Log, PlainError } from '@parvis/stack/servers'
import { installDebian, whyNoDebian } from '@parvis/stack/servers-debian'

// Where Debian puts it. Its nginx and this module fit each other; another nginx refuses it.
const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so'
/** Debian's. */
export const PACKAGES = ['nginx', 'libnginx-mod-nchan']

/** Where this machine's nginx and its module nchan are. Rejects with one sentence where they are not. */
export async function findNginx(): Promise<{ nginx: string; nchanModule: string }> {
  const nginx = findProgram('nginx')
  if (nginx && existsSync(MODULE)) return { nginx, nchanModule: MODULE }
  const reason = (await whyNoDebian()) ?? 'they could not be installed'
  throw new PlainError(`nchan: Debian's ${PACKAGES.join(' and ')} are not on this machine: ${reason}.`)
}

/** Installs them where they are missing and may be installed; says so, and why not. nginx is not started at boot. */
export async function installNginx(log: Log): Promise<void> {
  try {
    await findNginx()
  } catch {
    await installDebian(PACKAGES, log).catch((error: Error) => log(`nchan will not be measured: ${error.message}`))
  }
}
