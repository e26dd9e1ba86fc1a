/**
 * Puts each of these schemas once among a document's definitions, and a reference to it wherever it is used. A schema is
 * known by its text, so a copy of it is the same one.
 * @param schemas by their names
 * @returns the value with references in it, and what they refer to, under `components/schemas`
 */
export function shareSchemas<T extends object>(value: T, schemas: Record<string, object>) {
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]))

  function copy(part: object): object {
    return Array.isArray(part)
      ? part.map(use)
      : Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, use(inner)]))
  }
  function use(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part
    const name = names.get(JSON.stringify(part))
    return name === undefined ? copy(part) : { $ref: `#/components/schemas/${name}` }
  }

  const definitions = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, copy(schema)]))
  return { value: copy(value) as T, definitions }
}
