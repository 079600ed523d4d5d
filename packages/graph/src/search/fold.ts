import type { Steps } from '../steps.js'

/**
 * A text as search compares it: one Unicode form, one case. Upper case, as lower case depends on
 * the place of a letter in its word (Σ is σ or ς) and keeps ß apart from SS.
 */
export function folded(text: string): string {
  return text.normalize('NFKC').toUpperCase()
}

/** Characters that are folded in one piece: each may become eighteen. */
const PIECE = 4_096

/** Characters beyond a piece in which a place to cut is looked for: longer marks are no text. */
const SEARCHED = 256

/** What goes together with the character before it: marks, and the later letters of a syllable. */
const JOINS_BEFORE = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7ff\udc00-\udfff]/u

/** Whether a text folds to the same, cut in two here. */
function isBoundary(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 0x80) return true
  // The second half of a pair.
  if (code >= 0xdc00 && code < 0xe000) return false
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  return !JOINS_BEFORE.test(character.normalize('NFKD'))
}

function pieceEnd(text: string, from: number): number {
  const end = from + PIECE
  for (let at = end; at < Math.min(text.length, end + SEARCHED); at += 1) {
    if (isBoundary(text, at)) return at
  }
  return Math.min(text.length, end + SEARCHED)
}

/** A text in folded pieces, which together are the folded text. */
export function* foldedPieces(text: string): Generator<string, void> {
  for (let from = 0; from < text.length;) {
    const end = text.length - from <= PIECE ? text.length : pieceEnd(text, from)
    yield folded(text.slice(from, end))
    from = end
  }
}

/** Longer wanted texts are looked for in linear time; to compare at each place could take seconds. */
const SHORT = 64

/** A text that is looked for in others, whatever their case and Unicode form. */
export class Needle {
  readonly #text: string
  /** For each length, that of the longest beginning that is its end, too. */
  readonly #borders: Int32Array | undefined

  constructor(wanted: string) {
    this.#text = folded(wanted)
    if (this.#text.length > SHORT) this.#borders = bordersOf(this.#text)
  }

  /** Whether a text holds it; of a long text it is found out in steps. */
  isIn(text: string): boolean | Steps<boolean> {
    if (text.length > PIECE) return this.#isInLong(text)
    return this.#borders ? this.#advance(folded(text), 0) < 0 : folded(text).includes(this.#text)
  }

  *#isInLong(text: string): Steps<boolean> {
    let matched = 0
    let before = ''
    for (const piece of foldedPieces(text)) {
      yield
      if (this.#borders) {
        matched = this.#advance(piece, matched)
        if (matched < 0) return true
      } else {
        const seen = before + piece
        if (seen.includes(this.#text)) return true
        before = seen.slice(Math.max(0, seen.length - this.#text.length + 1))
      }
    }
    return this.#text === ''
  }

  /** How much of it the text so far ends with, or -1 when the text holds it. */
  #advance(text: string, from: number): number {
    const wanted = this.#text
    let matched = from
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      while (matched > 0 && wanted.charCodeAt(matched) !== code) {
        matched = this.#borders?.[matched] ?? 0
      }
      if (wanted.charCodeAt(matched) === code) matched += 1
      if (matched === wanted.length) return -1
    }
    return matched
  }
}

function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length + 1)
  for (let at = 1, matched = 0; at < text.length; at += 1) {
    while (matched > 0 && text.charCodeAt(at) !== text.charCodeAt(matched)) {
      matched = borders[matched] ?? 0
    }
    if (text.charCodeAt(at) === text.charCodeAt(matched)) matched += 1
    borders[at + 1] = matched
  }
  return borders
}
