import fc from 'fast-check'
import { expect, test } from 'vitest'
import { folded, foldedPieces, Needle } from '../src/search/fold.js'
import { finish } from '../src/steps.js'

/** What joins, expands, composes or reorders when it is folded. */
const HARD = [
  '\ufdfa', 'ß', 'ﬃ', 'é', '\u0301', '\u0327', 'ｶ', '\uff9e', '가', '\u1100', '\u1161', '\u11a8',
  'ㅏ', 'ﾡ', '\uffc2', 'Σ', 'ς', '😀', '\ud83d', 'a', ' ', '\u0f71\u0f72', 'ﷺ', '\u09be', '\u1d15e',
] // prettier-ignore

const hardText = (most: number) =>
  fc.array(fc.constantFrom(...HARD), { maxLength: most }).map((parts) => parts.join(''))

/**
 * Long texts of few parts, so that pieces end within every kind of them. Hundreds of marks in a row
 * are no text: there pieces end anywhere.
 */
const longText = fc
  .tuple(hardText(40), fc.integer({ min: 4_000, max: 9_000 }))
  .map(([part, length]) => `x${part}`.repeat(Math.ceil(length / (1 + part.length))))

function holds(text: string, wanted: string): boolean {
  const found = new Needle(wanted).isIn(text)
  return typeof found === 'boolean' ? found : finish(found)
}

test('[FIND1] a long text folds in pieces as it does in one', () => {
  fc.assert(
    fc.property(longText, (text) => {
      // Not `toBe`: what differs would be printed.
      expect([...foldedPieces(text)].join('') === folded(text)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('[FIND1] a text is found in long and short ones wherever it stands, across pieces too', () => {
  fc.assert(
    fc.property(longText, hardText(90), fc.nat(9_000), (text, wanted, at) => {
      for (const within of [text, text.slice(0, at) + wanted + text.slice(at), wanted]) {
        expect(holds(within, wanted)).toBe(folded(within).includes(folded(wanted)))
      }
    }),
    { numRuns: 300 },
  )
})

test('[FIND1] long wanted texts that nearly match everywhere are found, or not', () => {
  const wanted = `b${'a'.repeat(500)}`
  expect(holds('a'.repeat(50_000), wanted)).toBe(false)
  expect(holds(`${'a'.repeat(5_000)}B${'A'.repeat(50_000)}`, wanted)).toBe(true)
  expect(holds('ab'.repeat(3_000), `${'ab'.repeat(100)}b`)).toBe(false)
})
