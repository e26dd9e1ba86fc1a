import { execa } from 'execa'
import { policy } from './servers-debian.ts'

const answerOf = async (untilS: number) => (await execa('sh', ['-c', policy(untilS)], { reject: false })).exitCode
const nowS = Math.floor(Date.now() / 1000)

test('packages start nothing while they are installed, and may again when an installation was killed', async () => {
  expect(await answerOf(nowS + 600)).toBe(101)
  expect(await answerOf(nowS - 1)).toBe(0)
})
