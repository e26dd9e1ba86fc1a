import type { Fault } from './fault.ts'
import { until } from './until.ts'

/** As many as a small machine holds beside a whole wall; CROWD sets another number. */
const CROWD = Number(process.env.CROWD ?? 2_000)
/** Where other faults come after it, in the same round: the crowd stays to its end. */
const SMALL_CROWD = Math.min(CROWD, 300)
const BACK_MS = 10_000

const killedWith = (sockets: number): Fault => ({
  number: 17,
  name: '17-gateway-killed',
  title: `a gateway is killed with ${sockets} sockets on it`,
  touches: ['gateway'],
  holdMs: 0,
  async inject({ wall, gateways, random }, { addReaders, channels, expect, note }) {
    const victim = random.between(0, wall.gateways.length - 1)
    const crowd = addReaders('crowd', sockets, {
      channels: [random.pick(channels)],
      first: victim,
      jitterMs: 3_000,
      gateways: [...gateways],
    })
    const all = async (what: string, limitMs: number, isSo: () => boolean) => {
      const inTime = await until(limitMs, isSo)
      expect(what, inTime, `${crowd.filter((reader) => !reader.connected()).length} are not`)
    }
    const shown = () => crowd.every((reader) => reader.connected() && reader.shown.size === 1)
    await all(`${sockets} sockets get a page`, 30_000, shown)
    const killed = Date.now()
    wall.gateways[victim]!.kill('SIGKILL')
    const back = () => crowd.every((reader) => reader.connected() && reader.openedAt() > killed)
    await all(`${sockets} sockets are back within 10 s`, BACK_MS, back)
    const times = crowd.map((reader) => reader.openedAt() - killed).sort((a, b) => a - b)
    const part = (share: number) => `${((times[Math.ceil(times.length * share) - 1] ?? 0) / 1000).toFixed(1)} s`
    note(
      `${times.length} sockets came back: a tenth in ${part(0.1)}, half in ${part(0.5)}, nine tenths in ${part(0.9)}, all in ${part(1)}`,
    )
  },
})

export const gatewayKilled = killedWith(CROWD)
export const gatewayKilledSmall = killedWith(SMALL_CROWD)
