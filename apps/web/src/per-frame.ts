/** A page that nobody looks at gets no frames; it is drawn this often, in milliseconds. */
const HIDDEN_MS = 250

/**
 * Joins calls that come close together into one per drawn frame, so that a fast wall costs one drawing a frame.
 * @returns the joined call
 */
export function perFrame(callback: () => void): () => void {
  let planned = false
  return () => {
    if (planned) return
    planned = true
    const run = () => {
      planned = false
      callback()
    }
    if (document.hidden) setTimeout(run, HIDDEN_MS)
    else requestAnimationFrame(run)
  }
}
