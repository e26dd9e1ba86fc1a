import type { Suite } from '../suite.ts'
import { cpuPerDelivery } from './b01-cpu-per-delivery.ts'
import { lastOfAThousand } from './b03-last-of-a-thousand.ts'

/** In the order of the table. */
export const allSuites: readonly Suite[] = [
  cpuPerDelivery, // B1
  lastOfAThousand, // B3
]
