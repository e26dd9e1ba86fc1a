import type { Figure, Goal, Measured, Readings } from './suite.ts'

/** One reading of all contenders, as a line of the table, yet without goals. Throws when nobody is `ours`. */
export function figureOf(measured: Measured, reading: string, what: string, unit: string): Figure {
  const valuesOf = (rounds: Readings[]) => rounds.map((one) => one[reading] ?? Number.NaN)
  const ours = measured.find(({ kind }) => kind === 'ours')
  if (!ours) throw new Error(`${what}: nobody measured Parvis`)
  return {
    what,
    unit,
    ours: valuesOf(ours.rounds),
    beside: measured.flatMap(({ name, kind, rounds }) =>
      kind === 'ours' || rounds.every((one) => one[reading] === undefined)
        ? []
        : [{ name, kind, values: valuesOf(rounds) }],
    ),
    goals: [],
  }
}

/** Ours by another's, round by round; empty when that one was not measured (peers are left out at will). */
export function ratios(figure: Figure, name: string): number[] {
  const other = figure.beside.find((one) => one.name === name)
  return other ? figure.ours.map((value, round) => value / (other.values[round] ?? Number.NaN)) : []
}

/** Adds a goal on the figure itself, `atMost` or `atLeast` in the figure's unit. */
export function holdTo(figure: Figure, limit: { atMost?: number; atLeast?: number; reach?: true }): void {
  addGoal(figure, median(figure.ours), limit, figure.unit)
}

/** Adds a goal on the ratio to a floor or peer; nothing when that one was not measured. */
export function holdAgainst(
  figure: Figure,
  name: string,
  limit: { atMost?: number; atLeast?: number; reach?: true },
): void {
  const all = ratios(figure, name)
  if (all.length > 0) addGoal(figure, median(all), limit, `× ${name}`)
}

function addGoal(
  figure: Figure,
  value: number,
  { atMost, atLeast, reach }: { atMost?: number; atLeast?: number; reach?: true },
  unit: string,
): void {
  const goal: Goal =
    atMost !== undefined
      ? { says: `≤ ${atMost.toLocaleString('en')} ${unit}`, value, met: value <= atMost }
      : { says: `≥ ${(atLeast ?? 0).toLocaleString('en')} ${unit}`, value, met: value >= (atLeast ?? 0) }
  figure.goals.push({ ...goal, ...(reach && { reach }) })
}

/** The middle value, leaving out those that are not there (NaN); NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}
