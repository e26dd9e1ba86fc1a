import type { Suite } from '../suite.ts'

/** In the order of the table. */
export const allSuites: readonly Suite[] = []
