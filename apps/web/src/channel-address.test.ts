import { channelOf } from './channel-address.ts'

describe('the channel of an address', () => {
  it.each([
    ['', '', 'wall', true],
    ['#Pause_Cafe', '', 'pause_cafe', true],
    ['', '?channel=news', 'news', true],
    ['#news', '?channel=other', 'news', true],
    ['#caf%C3%A9', '', 'wall', false],
    ['#%', '', 'wall', false],
  ])('hash %p, search %p: %s', (hash, search, channel, fit) => {
    expect(channelOf({ hash, search })).toEqual({ channel, fit })
  })
})
