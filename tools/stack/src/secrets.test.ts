import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { keepSecrets, rememberFirstWay } from './secrets.ts'
import { temporaryHome } from './temporary-home.ts'

test('secrets are made once and kept for their owner alone', async () => {
  await using place = await temporaryHome()
  const first = await keepSecrets(place.home)
  await rememberFirstWay(place.home, 'local')
  await rememberFirstWay(place.home, 'docker')
  expect(await keepSecrets(place.home)).toEqual({ ...first, way: 'local' })
  expect((await stat(join(place.home, 'secrets.json'))).mode & 0o777).toBe(0o600)
})

test('two homes have nothing in common', async () => {
  await using one = await temporaryHome()
  await using other = await temporaryHome()
  const values = [await keepSecrets(one.home), await keepSecrets(other.home)].flatMap(Object.values)
  expect(new Set(values).size).toBe(values.length)
})

test('every password has 32 random bytes', async () => {
  await using place = await temporaryHome()
  const { id: _, ...passwords } = await keepSecrets(place.home)
  expect(Object.values(passwords).map((one) => Buffer.from(one, 'base64url').length)).toEqual([32, 32, 32, 32, 32])
})
