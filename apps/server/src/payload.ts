import { check, CommandId, type ErrorDetail, fail, type Failure, SessionId } from '@talus/protocol'
import type { TSchema } from 'typebox'

/** An integer that may not fit, or half of a surrogate pair as an escape. */
const SUSPECT = /(?<![\d.])\d{16}|\\u[dD][89a-fA-F]/

/** A code unit of a surrogate pair whose other half is missing. */
const HALF = /\p{Surrogate}/gu

/** Values nested deeper are refused by every reader of a payload. */
const MAX_LEVELS = 200

const QUOTE = 0x22
const BACKSLASH = 0x5c
const MINUS = 0x2d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const COLON = 0x3a
const SPACE = 0x20

type JsonLevel = { isList: boolean; index: number; key: string }

type Flaw = Omit<ErrorDetail, 'path'>

const HALF_CHARACTER: Flaw = {
  expected: 'to be Unicode text, without half of a surrogate pair',
  hint: 'A text was cut in the middle of a character such as an emoji: cut between characters',
}

function lossyInteger(actual: string): Flaw {
  return {
    expected: 'to be a number that arrives as it was written',
    actual: actual.slice(0, 80),
    hint: 'Integers beyond 9007199254740991 lose digits in JSON: send this one as text',
  }
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9
}

/** Whether reading the literal gives another integer than it says; fractions are rounded as always. */
function losesDigits(literal: string): boolean {
  if (literal.length < 16 || /[.eE]/.test(literal)) return false
  const value = Number(literal)
  if (Number.isSafeInteger(value) || String(value) === literal) return false
  return !Number.isFinite(value) || BigInt(literal) !== BigInt(value)
}

/** Of a number in a URL: what is wrong with an integer that would be read as another one. */
export function flawOfNumber(text: string): Flaw | undefined {
  if (!/^[+-]?\d+$/.test(text) || !losesDigits(text)) return undefined
  const hint = 'Integers beyond 9007199254740991 lose digits, and no session gets that far'
  return { ...lossyInteger(text), hint }
}

function isHalf(string: string): boolean {
  if (!SUSPECT.test(string)) return false
  try {
    return (JSON.parse(string) as string).search(HALF) !== -1
  } catch {
    // It is no JSON, which whoever parses it says.
    return false
  }
}

/** Walks over the tokens of a text. What is no JSON gives no flaw, or any: it is refused anyway. */
class JsonWalk {
  readonly #text: string
  readonly #levels: JsonLevel[] = []
  #at: number

  constructor(text: string, from: number) {
    this.#text = text
    this.#at = from
  }

  flaw(): ErrorDetail | undefined {
    const text = this.#text
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at)
      if (code === QUOTE) {
        const flaw = this.#string()
        if (flaw) return flaw
      } else if (isDigit(code) || code === MINUS) {
        const literal = this.#number()
        if (losesDigits(literal)) return { path: this.#path(), ...lossyInteger(literal) }
      } else {
        if (!this.#punctuation(text[this.#at])) return undefined
        this.#at += 1
      }
    }
    return undefined
  }

  /** False: it is too deep to be looked at. */
  #punctuation(char: string | undefined): boolean {
    const level = this.#levels.at(-1)
    if (char === '{' || char === '[') {
      if (this.#levels.length === MAX_LEVELS) return false
      this.#levels.push({ isList: char === '[', index: 0, key: '' })
    } else if (char === '}' || char === ']') this.#levels.pop()
    else if (char === ',' && level) level.index += 1
    return true
  }

  #string(): ErrorDetail | undefined {
    const begin = this.#at
    const end = endOfString(this.#text, begin)
    this.#at = end
    const string = this.#text.slice(begin, end)
    const isKey = isColonNext(this.#text, end)
    const level = this.#levels.at(-1)
    // Only keys that lead to a flaw are ever read.
    if (isKey && level) level.key = string
    return isHalf(string) ? { path: this.#path(), ...HALF_CHARACTER } : undefined
  }

  #number(): string {
    const begin = this.#at
    this.#at += 1
    while (/[\d.eE+-]/.test(this.#text[this.#at] ?? '')) this.#at += 1
    return this.#text.slice(begin, this.#at)
  }

  #path(): string {
    return this.#levels
      .map(({ isList, index, key }) => `/${isList ? index : pointed(key)}`)
      .join('')
  }
}

/** A key as a step of a JSON pointer, which can be written whatever the key is. */
function pointed(key: string): string {
  try {
    const read = (JSON.parse(key) as string).replaceAll(HALF, '\ufffd')
    return read.replaceAll('~', '~0').replaceAll('/', '~1')
  } catch {
    // It is no JSON, which whoever parses it says.
    return ''
  }
}

/**
 * What a JSON text says and no reader of JSON gets from it: an integer that loses digits, half of a
 * surrogate pair (rules TEXT1, NUM1). Both are gone or spread once the text is parsed, so it is the
 * text that is looked at: by one pattern, and token by token where that finds something. `from`: where
 * the JSON begins.
 */
export function flawIn(text: string, from = 0): ErrorDetail | undefined {
  return SUSPECT.test(text) ? new JsonWalk(text, from).flaw() : undefined
}

/** The refusal of a text with a flaw. */
export function flawed(detail: ErrorDetail): Failure {
  const message = `The payload is not valid: expected ${detail.path || 'the payload'} ${detail.expected}`
  return fail('BAD_REQUEST', message, [detail]).error
}

/** Objects, lists and what is in them, of one payload (rule LIM2). */
const MAX_VALUES = 150_000

/**
 * Names of keys in one payload that are not the same. To read an object whose keys no other one has
 * takes ten times as long as one of a known shape: 70,000 of them took 60 ms.
 */
const MAX_NAMES = 20_000

/** A text of so few characters cannot have that many: `"":0,` is the shortest. */
const FEW_CHARS = 5 * MAX_NAMES
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** After the quote that ends the string. */
export function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = end
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes -= 1
    if ((end - escapes) % 2 === 0) return end + 1
  }
  return text.length
}

/** The string that is the value of the key which ends there. */
function stringAfter(text: string, end: number): string | undefined {
  let at = end
  while (text.charCodeAt(at) <= SPACE || text.charCodeAt(at) === COLON) at += 1
  if (text.charCodeAt(at) !== QUOTE) return undefined
  const string = text.slice(at, endOfString(text, at))
  return /^"[^"\\]{1,128}"$/.test(string) ? string.slice(1, -1) : undefined
}

/**
 * Whether a JSON text says more than may be made of it, as it is told before anything is: to read
 * 1 MB of empty lists takes a tenth of a second in one piece, and all that follows as long again.
 * With the `command_id` of the payload, where the text has one at its level; `from`: where it begins.
 */
export function overfull(
  text: string,
  from = 0,
): { failure: Failure; command_id?: string } | undefined {
  if (text.length - from < FEW_CHARS) return undefined
  // What an event has around its payload.
  const level = text.charCodeAt(from) === OPEN_LIST ? 2 : 1
  let [values, depth] = [0, 0]
  const names = new Names()
  let command_id: string | undefined
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      const isId = depth === level && text.startsWith('"command_id"', at)
      if (isId) command_id = stringAfter(text, end)
      if (isColonNext(text, end)) names.add(text, at, end)
      at = end - 1
    } else if (code === COMMA) values += 1
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      values += 1
      depth += 1
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1
  }
  const beyond = [
    { actual: values, most: MAX_VALUES, what: 'objects, lists and values in them' },
    { actual: names.count, most: MAX_NAMES, what: 'different keys' },
  ].find(({ actual, most }) => actual > most)
  if (!beyond) return undefined
  const { actual, most, what } = beyond
  const expected = `at most ${most.toLocaleString('en')} ${what}`
  const { error } = fail('LIMIT_EXCEEDED', `The payload is not valid: expected ${expected}`, [
    { path: '', expected, actual },
  ])
  return { failure: error, ...(command_id !== undefined && { command_id }) }
}

/** Whether the string that ends there is a key. */
function isColonNext(text: string, end: number): boolean {
  let at = end
  while (text.charCodeAt(at) <= SPACE) at += 1
  return text.charCodeAt(at) === COLON
}

/** Bits of a hash. */
const HASH_BITS = 20

/** Counts names that differ, by their hashes: a few of many thousands count as one. */
class Names {
  readonly #seen = new Uint8Array(1 << (HASH_BITS - 3))
  count = 0

  /** A name as it stands in the text, with its quotes. */
  add(text: string, begin: number, end: number): void {
    // FNV-1a, of 32 bits.
    let hash = 0x811c9dc5
    for (let at = begin + 1; at < end - 1; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    }
    hash = (hash ^ (hash >>> HASH_BITS)) & ((1 << HASH_BITS) - 1)
    const bit = 1 << (hash & 7)
    const byte = this.#seen[hash >>> 3] ?? 0
    if ((byte & bit) !== 0) return
    this.#seen[hash >>> 3] = byte | bit
    this.count += 1
  }
}

/** The ids under which log entries about the same thing are found again. */
type Concerned = { session_id?: string; command_id?: string }

function idIn(payload: object, key: string, schema: TSchema): string | undefined {
  const value: unknown = (payload as Record<string, unknown>)[key]
  return typeof value === 'string' && check(schema, value).ok ? value : undefined
}

/** The session and the command that a payload of any shape names; what is no id is left out. */
export function concernedBy(payload: unknown): Concerned {
  if (typeof payload !== 'object' || payload === null) return {}
  const session_id = idIn(payload, 'session_id', SessionId)
  const command_id = idIn(payload, 'command_id', CommandId)
  return {
    ...(session_id === undefined ? {} : { session_id }),
    ...(command_id === undefined ? {} : { command_id }),
  }
}
