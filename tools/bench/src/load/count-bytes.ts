/**
 * Gives a counter of a pattern in a stream of bytes, also where it lies across two chunks. No parsing: a generator that
 * shares the processors with what it loads must not do more than look.
 * @returns called with each chunk in turn, how many more there are
 */
export function createByteCounter(pattern: string): (chunk: Buffer) => number {
  const bytes = Buffer.from(pattern)
  const overlap = bytes.length - 1
  let tail = Buffer.alloc(0)
  return (chunk) => {
    const seam = Buffer.concat([tail, chunk.subarray(0, overlap)])
    const count = occurrences(seam, bytes) + (chunk.length > overlap ? occurrences(chunk, bytes) : 0)
    // A copy: the caller may read the next chunk into the same memory.
    tail = Buffer.from((chunk.length >= overlap ? chunk : seam).subarray(-overlap))
    return count
  }
}

function occurrences(haystack: Buffer, needle: Buffer): number {
  let count = 0
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + needle.length)) count++
  return count
}
