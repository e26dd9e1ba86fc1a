import { createProgress } from './progress.ts'

test('says which suite it is, what it does, and how long it all takes from here', () => {
  const lines: string[] = []
  const clock = { ms: 0 }
  const suite = (id: string) => ({
    id,
    title: `suite ${id}`,
    seconds: { quick: 60, full: 600 },
    run: async () => ({ figures: [], notes: [] }),
  })
  const progress = createProgress([suite('B1'), suite('B2')], true, {
    say: (line) => lines.push(line),
    now: () => clock.ms,
  })
  progress.next()
  progress.log('round 1 of 2: Parvis')
  clock.ms = 45_000
  progress.next()
  clock.ms = 60_000
  progress.log('begins')
  clock.ms = 500_000
  progress.log('late')
  expect(lines).toEqual([
    '1/2 B1 suite B1, round 1 of 2: Parvis … about 2 min left',
    '2/2 B2 suite B2, begins … about 50 s left',
    '2/2 B2 suite B2, late … nearly done',
  ])
})
