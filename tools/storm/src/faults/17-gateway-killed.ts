import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

/** What a small machine holds beside a whole wall; CROWD sets more. */
const SOCKETS = Number(process.env.CROWD ?? 300)
const BACK_MS = 10_000

export const gatewayKilled: Fault = {
  number: 17,
  name: '17-gateway-killed',
  title: `a gateway is killed with ${SOCKETS} sockets on it`,
  touches: ['gateway'],
  holdMs: 0,
  async inject({ wall, gateways, random }, { addReaders, channels, expect }) {
    const victim = random.between(0, wall.gateways.length - 1)
    const crowd = addReaders('crowd', SOCKETS, {
      channels: [random.pick(channels)],
      first: victim,
      jitterMs: 3_000,
      gateways: [...gateways],
    })
    const all = (what: string, limitMs: number, isSo: () => boolean) =>
      until(limitMs, isSo).then((ms) => {
        expect(what, ms !== undefined, `${crowd.filter((reader) => !reader.connected()).length} are not`)
        return ms
      })
    const shown = () => crowd.every((reader) => reader.connected() && reader.shown.size === 1)
    await all(`${SOCKETS} sockets get a page`, 30_000, shown)
    wall.gateways[victim]!.kill('SIGKILL')
    await until(2_000, () => crowd.every((reader) => !reader.connected()))
    await all(`${SOCKETS} sockets are back within 10 s`, BACK_MS, () => crowd.every((reader) => reader.connected()))
  },
}

async function until(limitMs: number, isSo: () => boolean): Promise<number | undefined> {
  const from = Date.now()
  while (!isSo()) {
    if (Date.now() - from > limitMs) return undefined
    await sleep(20)
  }
  return Date.now() - from
}
