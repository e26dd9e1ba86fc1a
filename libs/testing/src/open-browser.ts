import { findProgram } from '@parvis/stack/find-program'
import type { Log } from '@parvis/stack/servers'
import { installDebian, whyNoDebian } from '@parvis/stack/servers-debian'
import { type Browser, chromium } from 'playwright-core'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** The browser that CHROMIUM names, else the first that this machine has. */
const browserProgram = () => process.env.CHROMIUM || findProgram(...PROGRAMS)

/**
 * Installs Debian's Chromium where there is no browser and that is possible, saying how far it is. Where it fails only
 * the tests that open a browser do.
 */
export async function installBrowser(): Promise<void> {
  const log: Log = (line) => process.stderr.write(`${line}\n`)
  if (browserProgram() !== undefined || (await whyNoDebian()) !== undefined) return
  await installDebian(['chromium'], log).catch((error: Error) => log(error.message))
}

/** Starts a browser without a window, with a profile of its own that goes with it. Rejects when there is none. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = browserProgram()
  if (executablePath === undefined) {
    const why = (await whyNoDebian()) ?? 'installing Debian’s chromium failed at the start of this run'
    throw new Error(
      `The page cannot be tested: none of ${PROGRAMS.join(', ')} was found, and ${why}. ` +
        'Install Chromium or Chrome, or name one in CHROMIUM.',
    )
  }
  // Chromium refuses to run as root with its sandbox; it is shown nothing here but this wall's own page.
  return await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 })
}
