import type { Contender, Measured } from './suite.ts'

/**
 * Measures the contenders in turn, `rounds` times, the order turned round each time (ABC CBA …): what the machine's
 * neighbours do hits all of them alike, and a ratio of one round holds though no absolute figure would.
 *
 * Nothing else runs meanwhile. Rejects with what a contender rejects with, or when the signal aborts.
 */
export async function interleave(
  contenders: readonly Contender[],
  rounds: number,
  options: { signal: AbortSignal; log: (line: string) => void },
): Promise<Measured> {
  const measured: Measured = contenders.map(({ name, kind }) => ({ name, kind, rounds: [] }))
  for (let round = 0; round < rounds; round++) {
    const order = [...contenders.keys()]
    if (round % 2 === 1) order.reverse()
    for (const index of order) {
      const contender = contenders[index] as Contender
      options.signal.throwIfAborted()
      options.log(`round ${round + 1} of ${rounds}: ${contender.name}`)
      measured[index]?.rounds.push(await contender.measure(options.signal))
    }
  }
  return measured
}
