import { setTimeout as delay } from 'node:timers/promises'
import { getRequest, openGetConnection } from './get-connection.ts'

export interface GetLoad {
  /** Addresses, asked in turn. */
  urls: readonly string[]
  connections: number
  signal: AbortSignal
  /** Where a gateway has to have read its pages; any 200 is right when absent. */
  source?: 'memory' | 'redis'
}

/** Asks as fast as answers come, one question on each connection, for so many seconds. Rejects if an answer is wrong. */
export async function getInTurn(load: GetLoad, seconds: number): Promise<{ answers: number; perSecond: number }> {
  const requests = load.urls.map(getRequest)
  const wanted = load.source ? `x-parvis-source: ${load.source}` : ''
  let [asked, answers, wrong, firstWrong] = [0, 0, 0, '']
  const connections = Array.from({ length: load.connections }, () => {
    const connection = openGetConnection(load.urls[0]!, (head) => {
      answers++
      if (!head.startsWith('HTTP/1.1 200') || !head.includes(wanted)) {
        wrong++
        firstWrong ||= /x-parvis-source: \w+/.exec(head)?.[0] ?? head.slice(0, 40)
      }
      connection.ask(requests[asked++ % requests.length]!)
    })
    return connection
  })
  const started = performance.now()
  for (const connection of connections) connection.ask(requests[asked++ % requests.length]!)
  await delay(seconds * 1000)
  const perSecond = (answers / (performance.now() - started)) * 1000
  for (const connection of connections) connection[Symbol.dispose]()
  load.signal.throwIfAborted()
  if (wrong > 0) throw new Error(`${wrong} of ${answers} answers are wrong, the first: ${firstWrong}`)
  return { answers, perSecond }
}
