import { describe, expect, it } from 'vitest'
import { lifecycleEvent } from '../src/event-name.js'
import { Listener } from '../src/listener.js'

const packet = {
  executing: '42["command:executing",{}]',
  changed: '42["property-changed",{}]',
  executed: '42["command:executed",{}]',
}

function hear(names: (keyof typeof packet)[]): Listener {
  const listener = new Listener(() => {})
  for (const name of names) {
    const bytes = Buffer.from(packet[name])
    listener.event(bytes, 0, bytes.length, 0)
  }
  return listener
}

describe('lifecycleEvent', () => {
  it.each(['42["command:failed",{}]', '42["property-deleted",{}]', '42["comm', '42[]'])(
    'takes %s for none of the three',
    (text) => {
      expect(lifecycleEvent(Buffer.from(text), 0, text.length)).toBe('other')
    },
  )

  it('does not look beyond the end of the packet', () => {
    const bytes = Buffer.from(packet.executed)
    expect(lifecycleEvent(bytes, 0, 12)).toBe('other')
  })
})

describe('Listener', () => {
  it('accepts commands one by one and announcements ahead of them', () => {
    const listener = hear([
      ...(['executing', 'changed', 'executed'] as const),
      ...(['executing', 'executing', 'changed', 'executed', 'changed', 'executed'] as const),
    ])
    expect(listener).toMatchObject({ executing: 3, changed: 3, executed: 3, outOfOrder: 0 })
  })

  it.each([
    [['changed', 'executing', 'executed']],
    [['executing', 'executed', 'changed']],
    [['executing', 'executing', 'changed', 'changed', 'executed', 'executed']],
  ] as const)('notices the order %s', (names) => {
    expect(hear([...names]).outOfOrder).toBeGreaterThan(0)
  })
})
