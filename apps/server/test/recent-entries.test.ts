import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentEntries } from '../src/session/tail.js'

const MAX_ENTRIES = 2_000
const MAX_BYTES = 900_000

function bodyOf(seq: number, size: number): string {
  return JSON.stringify({ seq, label: 'a'.repeat(size) })
}

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('push', 'push', 'push', 'prepend'),
    count: fc.nat(700),
    size: fc.constantFrom(10, 300, 4_000, 950_000),
  }),
  { maxLength: 12 },
)

/** The longest tail of the bodies that is within the limits. */
function tailOf(bodies: readonly string[]): string[] {
  let bytes = 0
  let from = bodies.length
  while (from > 0 && bodies.length - from < MAX_ENTRIES) {
    bytes += Buffer.byteLength(bodies[from - 1] ?? '')
    if (bytes > MAX_BYTES) break
    from -= 1
  }
  return bodies.slice(from)
}

test('[SYNC1] what is made ahead in steps is what is sent, unless more has come', () => {
  const bodies = Array.from({ length: 20 }, (_, i) => bodyOf(i + 1, 10_000))
  const recent = new RecentEntries(20, bodies)
  const steps = [...recent.prepare(5, null)]
  expect(steps.length).toBeGreaterThanOrEqual(15)
  const made = recent.after(5, null)
  expect(made?.toString()).toBe(`${bodies.slice(5).join(',')}]`)
  expect(recent.after(12, null)?.buffer).toBe(made?.buffer)
  const late = recent.prepare(5, null)
  recent.push(21, bodyOf(21, 10))
  const again = recent.prepare(5, null)
  again.next()
  recent.push(22, bodyOf(22, 10))
  for (const begun of [late, again]) for (const _ of begun);
  expect(recent.after(20, null)?.toString()).toBe(`${bodyOf(21, 10)},${bodyOf(22, 10)}]`)
  expect(recent.after(21, null)?.toString()).toBe(`${bodyOf(22, 10)}]`)
})

test('[SYNC1] what is kept is the longest tail that fits, without a gap', () => {
  fc.assert(
    fc.property(steps, fc.nat(2_500), (sequence, stored) => {
      const all = Array.from({ length: stored }, (_, i) => bodyOf(i + 1, 400))
      const recent = new RecentEntries(all.length, all)
      let kept = tailOf(all)
      for (const { what, count, size } of sequence) {
        if (what === 'push') {
          for (let i = 0; i < Math.min(count, 2_000_000 / size); i += 1) {
            const body = bodyOf(all.length + 1, size)
            all.push(body)
            recent.push(all.length, body)
            kept = tailOf([...kept, body])
          }
        } else {
          const before = all.length - kept.length
          const page = all.slice(Math.max(0, before - count), before)
          recent.prepend(page)
          kept = tailOf([...page, ...kept])
        }
        const first = all.length - kept.length + 1
        expect(recent.firstSeq).toBe(first)
        expect(recent.after(first - 2, null)).toBeUndefined()
        expect(recent.after(all.length + 1, null)).toBeUndefined()
        // Who missed less shares the bytes of who missed more.
        for (const missed of [kept.length, kept.length >> 1, 0]) {
          const rest = recent.after(all.length - missed, null)?.toString()
          expect(`[${rest}`).toBe(`[${kept.slice(kept.length - missed).join(',')}]`)
        }
      }
    }),
    { numRuns: 40 },
  )
})
