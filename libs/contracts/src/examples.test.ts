import { readFile } from 'node:fs/promises'
import { clientFrames, gatewayFrames, messages } from './catalogue.ts'
import { type Example, examplesOf, readExamples } from './examples.ts'
import { bodyReader } from './read-body.ts'

const ofMessages = await readExamples('messages')
const ofFrames = await readExamples('frames')
const frames = { ...clientFrames, ...gatewayFrames }

test.each(Object.entries(messages))('%s has an example, and each fits its reader', (type, { schema }) => {
  expectFit(examplesOf(type, ofMessages), bodyReader(schema))
})

test.each(Object.entries(frames))('the frame %s has an example, and each fits its reader', (type, { schema }) => {
  expectFit(examplesOf(type, ofFrames), bodyReader(schema))
})

test('every file is an example of a type', () => {
  const shown = (types: string[], all: Example[]) => new Set(types.flatMap((type) => examplesOf(type, all)))
  expect(shown(Object.keys(messages), ofMessages)).toEqual(new Set(ofMessages))
  expect(shown(Object.keys(frames), ofFrames)).toEqual(new Set(ofFrames))
})

test.each([...Object.entries(messages), ...Object.entries(frames)])('%s names its own type', (type, { schema }) => {
  const shapes = 'anyOf' in schema ? (schema.anyOf as object[]) : [schema]
  for (const shape of shapes) expect(shape).toMatchObject({ properties: { type: { const: type } } })
})

test('the README shows the examples as they are', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const shown = [...readme.matchAll(/\(libs\/contracts\/examples\/([\w-]+)\.json\)\):\n\n```json\n(.*?)```/gs)]
  expect(shown.map(([, name]) => name)).toEqual([
    'post-created',
    'post-created-many',
    'post-created-once',
    'wall-requested',
  ])
  for (const [, name, text] of shown) expect(text).toBe(ofMessages.find((example) => example.name === name)?.text)
  const [, payload] = /"payload": (".*")/.exec(readme) ?? []
  expect(`${JSON.parse(payload ?? '')}\n`).toBe(ofMessages.find(({ name }) => name === 'post-created')?.text)
})

function expectFit(examples: Example[], read: (body: unknown) => unknown): void {
  expect(examples).not.toEqual([])
  for (const { text, body } of examples) expect(read(Buffer.from(text))).toEqual(body)
}
