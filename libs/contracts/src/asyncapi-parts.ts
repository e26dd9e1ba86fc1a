import type { Example } from './examples.ts'

/** A message of the document. */
export function messageOf(
  type: string,
  { summary, schema }: { summary: string; schema: object },
  examples: readonly Example[],
) {
  return {
    name: type,
    summary,
    payload: schema,
    examples: examples.map(({ name, body }) => ({ name, payload: body })),
  }
}

/** A reference to a part of the document. */
export function ref(...path: string[]): { $ref: string } {
  return { $ref: `#/${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}` }
}
