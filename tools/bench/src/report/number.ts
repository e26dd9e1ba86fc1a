import { median } from '../figure.ts'

/**
 * A figure for people: three digits that count, `12,300`, `12.3`, `0.0123`; `—` when there is none, `∞` for what never
 * came.
 */
export function number(value: number): string {
  if (Number.isNaN(value)) return '—'
  if (!Number.isFinite(value)) return '∞'
  const rounded = Number(value.toPrecision(3))
  const digits = rounded === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))))
  return rounded.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 6) })
}

/** `12.3 (11.9 to 13.1)`; one value alone has no spread. */
export function spread(values: readonly number[]): string {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return '—'
  const middle = number(median(known))
  return known.length === 1 ? middle : `${middle} (${number(Math.min(...known))} to ${number(Math.max(...known))})`
}
