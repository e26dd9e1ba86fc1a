import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Readings } from '../suite.ts'

const SAID_MS = 30_000

/** Runs a floor (a `.main.ts` of this folder) in a process of its own to its end; gives the readings that it prints. */
export async function runFloor(name: string, settings: object, signal: AbortSignal): Promise<Readings> {
  const { stdout } = await execa(process.execPath, [scriptOf(name)], {
    env: { FLOOR: JSON.stringify(settings) },
    stdin: 'ignore',
    stderr: 'inherit',
    cancelSignal: signal,
    timeout: 180_000,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Readings
}

/** A floor that serves until it is disposed of. */
export interface ServingFloor extends AsyncDisposable {
  url: string
  pid: number
}

/** Starts a floor that serves in a process of its own; resolves when it has printed its address. */
export async function startFloor(name: string, settings: object): Promise<ServingFloor> {
  const child = execa(process.execPath, [scriptOf(name)], {
    env: { FLOOR: JSON.stringify(settings) },
    // Its end is the sign to stop, also when this process dies.
    stdin: 'pipe',
    stderr: 'inherit',
    reject: false,
  })
  const stop = async () => {
    child.stdin.end()
    await child
  }
  const said = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.then(() => reject(new Error(`the floor ${name} ended before it served`)))
    setTimeout(() => reject(new Error(`the floor ${name} said nothing`)), SAID_MS).unref()
  })
  try {
    const { url } = JSON.parse(await said) as { url: string }
    return { url, pid: child.pid as number, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function scriptOf(name: string): string {
  return fileURLToPath(new URL(`./${name}.main.ts`, import.meta.url))
}
