const LIMIT_MS = 30_000

/**
 * Calls RabbitMQ's management API at `management` (an address with user and password); `path` begins with `/api`.
 * Gives the answer's JSON. Rejects with status and text when it refuses, and after 30 s: a broker whose
 * disk is busy may take long over one confirm.
 */
export async function manage(management: string, method: string, path: string, body?: object): Promise<unknown> {
  const { origin, username, password } = new URL(management)
  const response = await fetch(origin + path, {
    method,
    headers: {
      authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(LIMIT_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`)
  return text ? JSON.parse(text) : undefined
}
