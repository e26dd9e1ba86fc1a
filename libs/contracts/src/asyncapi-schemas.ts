import type { Example } from './examples.ts'
import { Entry, Post } from './post.ts'
import { SubmittedPost } from './post-created.ts'
import { Refusal } from './post-rejected.ts'
import { ReviewedPost } from './post-reviewed.ts'
import { StoredPost } from './post-stored.ts'

/** A schema as it stands in the document. */
export type UseSchema = (schema: object) => object

const named = new Map<unknown, string>(
  Object.entries({ Post, Entry, SubmittedPost, ReviewedPost, StoredPost, Refusal }).map(([name, schema]) => [
    schema,
    name,
  ]),
)

/** Puts shared schemas once into the document's components, and references to them wherever they are used. */
export function schemaTable() {
  const definitions: Record<string, object> = {}

  function copy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(use)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, use(part)]))
  }

  function use(value: unknown): unknown {
    const name = named.get(value)
    if (name === undefined) return copy(value)
    if (!definitions[name]) {
      definitions[name] = {}
      definitions[name] = copy(value) as object
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  return { use: use as UseSchema, definitions: () => definitions }
}

/** A message of the document. */
export function messageOf(
  type: string,
  { summary, schema }: { summary: string; schema: object },
  use: UseSchema,
  examples: readonly Example[],
) {
  return {
    name: type,
    summary,
    payload: use(schema),
    examples: examples.map(({ name, body }) => ({ name, payload: body })),
  }
}

/** A reference to a part of the document. */
export function ref(...path: string[]): { $ref: string } {
  return { $ref: `#/${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}` }
}
