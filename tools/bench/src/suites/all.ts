import type { Suite } from '../suite.ts'
import { cpuPerDelivery } from './b01-cpu-per-delivery.ts'
import { deliveries } from './b02-deliveries.ts'
import { lastOfAThousand, lastOfTenThousand } from './b03-b04-last-socket.ts'
import { b05Ingest } from './b05-ingest.ts'
import { b06Rows } from './b06-rows.ts'
import { b07PostAnswer } from './b07-post-answer.ts'
import { b08PageFromMemory } from './b08-page-from-memory.ts'
import { idle } from './b10-idle.ts'
import { hundredThousand } from './b11-hundred-thousand.ts'
import { resume } from './b12-resume.ts'
import { counts } from './b14-counts.ts'

/** In the order of the table. */
export const allSuites: readonly Suite[] = [
  cpuPerDelivery, // B1
  deliveries, // B2
  lastOfAThousand, // B3
  lastOfTenThousand, // B4
  b05Ingest,
  b06Rows,
  b07PostAnswer,
  b08PageFromMemory,
  idle, // B10
  hundredThousand, // B11
  resume, // B12
  counts, // B14
]
