import { execa } from 'execa'
import { isLocked, lockHome } from './home-lock.ts'
import { temporaryHome } from './temporary-home.ts'

test('a home is one process’s until it lets go', async () => {
  await using place = await temporaryHome()
  {
    using lock = lockHome(place.home)
    expect(lock).toBeDefined()
    expect(lockHome(place.home)).toBeUndefined()
  }
  expect(isLocked(place.home, 'servers')).toBe(false)
})

test('servers and wall are held apart', async () => {
  await using place = await temporaryHome()
  using _servers = lockHome(place.home, 'servers')
  expect(isLocked(place.home, 'wall')).toBe(false)
})

test('the lock of a process that was killed is free', async () => {
  await using place = await temporaryHome()
  const module = new URL('./home-lock.ts', import.meta.url).href
  const script = `const { lockHome } = await import(${JSON.stringify(module)})
    globalThis.lock = lockHome(${JSON.stringify(place.home)})
    console.log(lock ? 'held' : 'refused')
    setInterval(() => {}, 1000)`
  const holder = execa(process.execPath, ['--input-type=module', '--eval', script], { reject: false })
  for await (const line of holder) {
    expect(line).toBe('held')
    expect(isLocked(place.home, 'servers')).toBe(true)
    holder.kill('SIGKILL')
  }
  await holder
  expect(isLocked(place.home, 'servers')).toBe(false)
})
