import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { ROOT } from './run-job.ts'
import { SERVICES } from './service-env.ts'

// The repository holds no secret, and nothing in it has a default password.

const { stdout } = await execa('git', ['ls-files', '-z'], { cwd: ROOT })
const names = stdout.split('\0').filter(Boolean)
const files = new Map<string, string>()
for (const name of names) {
  // One that was taken away and is not committed yet.
  const isFile = await lstat(join(ROOT, name)).then(
    (found) => found.isFile(),
    () => false,
  )
  if (isFile) files.set(name, await readFile(join(ROOT, name), 'utf8'))
}
const lines = [...files].flatMap(([name, text]) => text.split('\n').map((line) => ({ name, line })))

// Words that stand for a password in a document or an example of a test, and values made when a program runs.
const PLACEHOLDER = /^(password|pw|secret|hunter2|p%40ss|x|…|\$.*|<.*)$/

test('the files are those of the repository', () => {
  expect(files.size).toBeGreaterThan(300)
  expect(names).toContain('.env.example')
})

test('no file is one that holds secrets', () => {
  const secret =
    /(^|\/)(\.env|secrets\.json|\.npmrc\.local|id_[a-z0-9]+|.*\.(pem|key|p12|pfx|keystore))$|(^|\/)\.parvis\//
  expect(names.filter((name) => secret.test(name))).toEqual([])
})

test('no address has a password in it', () => {
  const found = lines.flatMap(({ name, line }) =>
    [...line.matchAll(/\b(?:amqps?|mysql|rediss?|https?):\/\/[^\s/@'"`]*?:([^\s/@'"`]+)@/g)]
      .filter(([, password = '']) => !PLACEHOLDER.test(password))
      .map(([address]) => `${name}: ${address}`),
  )
  expect(found).toEqual([])
})

test('no setting that is a secret has a value', () => {
  const settings = [...files].filter(([name]) =>
    /(\.example|\.ya?ml|Dockerfile|\.cfg|\.md|\.sh|\.html|\.ci\/run|\.npmrc|\.toml)$/.test(name),
  )
  expect(settings.map(([name]) => name)).toEqual(expect.arrayContaining(['.env.example', 'compose.yaml', 'Dockerfile']))
  const found = settings.flatMap(([name, text]) =>
    [...text.matchAll(/\b([A-Z_]*(?:SECRET|TOKEN|PASSWORD|PASS|PWD))["']?[ \t]*[=:][ \t]*["']?([^\s"'#;]*)/g)]
      .filter(([, , value = '']) => value !== '' && !PLACEHOLDER.test(value))
      .map(([setting]) => `${name}: ${setting}`),
  )
  expect(found).toEqual([])
})

test('nothing has the form of a key or a token', () => {
  const forms = [
    /-----BEGIN [A-Z ]*PRIVATE KEY/,
    /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/,
    /\b(AKIA[A-Z0-9]{16}|gh[pousr]_\w{36}|npm_\w{36}|glpat-[\w-]{20}|xox[abps]-[\w-]{10,}|sk-[\w-]{20,})/,
  ]
  // The example of a frame: signed by nobody, for nobody.
  const example = 'libs/contracts/examples/frames/session-open.json'
  const found = lines.filter(({ name, line }) => name !== example && forms.some((form) => form.test(line)))
  expect(found.map(({ name }) => name)).toEqual([])
})

test('no string looks as if it were random, but for the sums of packages', () => {
  const found = lines
    .filter(({ name }) => !/(^|\/)package-lock\.json$/.test(name))
    .flatMap(({ name, line }) =>
      [...line.matchAll(/(?<![\w+/.-])[A-Za-z0-9+/_-]{24,}={0,2}(?![\w+/.-])/g)]
        .filter(
          ([text]) => bitsPerCharacter(text) > 4 && /[0-9]/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text),
        )
        .map(([text]) => `${name}: ${text}`),
    )
  expect(found).toEqual([])
})

test('no service has a default for a secret or an address', async () => {
  const configs = await Promise.all(SERVICES.map((service) => import(`../../../apps/${service}/src/config.ts`)))
  const defaults = configs.flatMap(({ config }) =>
    Object.entries<object>(config.properties).filter(
      ([name, schema]) => /SECRET|TOKEN|PASSWORD|_URL$/.test(name) && 'default' in schema,
    ),
  )
  expect(defaults).toEqual([])
})

/** Shannon's entropy: words have 3.5 and less, 32 random characters 4.5 and more. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  const parts = [...counts.values()].map((count) => count / text.length)
  return -parts.reduce((sum, part) => sum + part * Math.log2(part), 0)
}
