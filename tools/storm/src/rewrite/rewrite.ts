import { fileURLToPath } from 'node:url'

/** A change of one source text, made while a process loads it; the file on the disk stays as it is. */
export interface Rewrite {
  /** From the repository's top, `libs/bus/src/consume.ts`. */
  file: string
  /** What is there, exactly once. */
  find: string
  replace: string
  /** Where it takes effect: in processes of this app alone, else in all that load the file. */
  service?: string
}

/** What a rewritten process says for each text that it replaced, so that the storm knows that it took effect. */
export const REWRITTEN = 'rewritten by the storm'

/** What a text has in it that stands for one that no regular expression survives. */
export const POISON = '☠'

/**
 * The environment in which a process loads its sources rewritten. This is the storm's alone: no service knows of it.
 * @param pointsFolder where files arm the points at which a process dies (see points.ts)
 */
export function rewritingEnv(rewrites: readonly Rewrite[], pointsFolder: string): NodeJS.ProcessEnv {
  const register = new URL('./register.ts', import.meta.url)
  return {
    // A URL has no blanks, which NODE_OPTIONS would split at.
    NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import ${register.href}`,
    PARVIS_STORM_REWRITES: JSON.stringify(rewrites),
    PARVIS_STORM_POINTS: pointsFolder,
    PARVIS_STORM_ROOT: fileURLToPath(new URL('../../../../', import.meta.url)),
  }
}
