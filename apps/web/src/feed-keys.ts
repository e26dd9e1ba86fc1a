import type { KeyboardEvent } from 'react'

const directions: Record<string, 'nextElementSibling' | 'previousElementSibling'> = {
  PageDown: 'nextElementSibling',
  PageUp: 'previousElementSibling',
}

/** Page Down and Page Up lead to the next post and the one before, as ARIA asks of a feed; beyond its ends they scroll. */
export function onFeedKey(event: KeyboardEvent<HTMLElement>): void {
  const direction = directions[event.key]
  const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey
  if (!direction || modified) return
  const other = (event.target as Element).closest('article')?.[direction]
  if (!(other instanceof HTMLElement)) return
  event.preventDefault()
  other.focus()
}
