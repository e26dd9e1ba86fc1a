import { readdir, readFile } from 'node:fs/promises'

// One file a message or frame, in examples/ and examples/frames/: for people to read and paste, for /asyncapi.json to
// show, and for the tests to hold against the schemas.

export interface Example {
  /** The file's name without its ending: the type with `-` for `.`, and what is special about it. */
  name: string
  /** The file as it is, to be pasted. */
  text: string
  body: unknown
}

/** The examples of the broker's messages, or of the socket's frames, sorted by name. */
export async function readExamples(of: 'messages' | 'frames'): Promise<Example[]> {
  const folder = new URL(of === 'frames' ? '../examples/frames/' : '../examples/', import.meta.url)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(new URL(file, folder), 'utf8')
      return { name: file.slice(0, -'.json'.length), text, body: JSON.parse(text) as unknown }
    }),
  )
}

/** Those that show one type: `post.created` is shown by `post-created` and by `post-created-many`. */
export function examplesOf(type: string, examples: readonly Example[]): Example[] {
  const stem = type.replaceAll('.', '-')
  return examples.filter(({ name }) => name === stem || name.startsWith(`${stem}-`))
}
