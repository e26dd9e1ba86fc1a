import type { Suite } from '../suite.ts'
import { cpuPerDelivery } from './b01-cpu-per-delivery.ts'
import { deliveries } from './b02-deliveries.ts'
import { lastOfAThousand, lastOfTenThousand } from './b03-b04-last-socket.ts'
import { ingest } from './b05-ingest.ts'
import { storedRows } from './b06-rows.ts'
import { postAnswer } from './b07-post-answer.ts'
import { pageFromMemory } from './b08-page-from-memory.ts'
import { pageFromRedis } from './b09-page-from-redis.ts'
import { idle } from './b10-idle.ts'
import { hundredThousand } from './b11-hundred-thousand.ts'
import { resume } from './b12-resume.ts'
import { growth } from './b13-growth.ts'
import { counts } from './b14-counts.ts'
import { memory } from './b15-memory.ts'

/** In the order of the table. */
export const allSuites: readonly Suite[] = [
  cpuPerDelivery, // B1
  deliveries, // B2
  lastOfAThousand, // B3
  lastOfTenThousand, // B4
  ingest, // B5
  storedRows, // B6
  postAnswer, // B7
  pageFromMemory, // B8
  pageFromRedis, // B9
  idle, // B10
  hundredThousand, // B11
  resume, // B12
  growth, // B13
  counts, // B14
  memory, // B15
]
