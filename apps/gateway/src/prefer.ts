/** The longest that a request may wait for its post, in seconds: below the time-outs of common proxies. */
const MOST_SECONDS = 25

/** `Prefer: wait=<s>` (RFC 7240) in seconds, at most 25; undefined when it is not asked for. */
export function waitedSeconds(prefer: string | string[] | undefined): number | undefined {
  if (prefer === undefined) return undefined
  const match = /(?:^|[,;\s])wait=(\d{1,6})/i.exec([prefer].flat().join(','))
  return match ? Math.min(MOST_SECONDS, Number(match[1])) : undefined
}
