/** The text in a whole WebSocket frame from a server. */
export function frameText(frame: Buffer): string {
  const length = frame[1] === 127 ? 8 : frame[1] === 126 ? 2 : 0
  return frame.toString('utf8', 2 + length)
}
