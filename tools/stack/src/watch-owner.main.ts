// Run by watch-owner.ts: waits until the owner of a home's servers is gone, and stops what it left running.
import { setTimeout as delay } from 'node:timers/promises'
import { lockHome } from './home-lock.ts'
import { stopLeftovers } from './leftovers.ts'
import { readRecord, removeRecord } from './servers-record.ts'

const [home = '', ownerPid = '', drainMs = '0'] = process.argv.slice(2)
const itsRecord = () => {
  const record = readRecord(home)
  return String(record?.supervisor.pid) === ownerPid ? record : undefined
}

process.stdin.resume()
await new Promise((resolve) => process.stdin.once('close', resolve))
if (itsRecord()) {
  await delay(Number(drainMs))
  // Somebody who starts meanwhile takes the home and clears up too.
  const lock = lockHome(home)
  const record = itsRecord()
  if (lock && record) {
    await stopLeftovers(record, () => {})
    removeRecord(home)
  }
  lock?.[Symbol.dispose]()
}
