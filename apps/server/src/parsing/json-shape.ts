import type { Failure, JsonLimits } from '@talus/protocol'

/** Shorter texts are read in a millisecond, whatever they are. */
const SHORT = 64 * 1024

/** What goes beyond a limit by less is read, and then refused with the place where it does. */
const FAR = 2

/** An object or list costs as much time as so many characters of a long text. */
const CHARS_PER_CONTAINER = 10

/** Levels beyond which nothing is counted: a thousand are the most that can be configured. */
const MOST_LEVELS = 2_048

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

function exceeded(expected: string): Failure {
  const details = [{ path: '', expected }]
  return { code: 'LIMIT_EXCEEDED', message: `Expected the body ${expected}`, details }
}

/** Where a string ends that begins there. */
function endOfString(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/**
 * A refusal of JSON that goes far beyond the limits, before anything of it is built: a million
 * characters may hold an object of ninety thousand keys, or half a million lists within each other,
 * which take a tenth of a second to read. `most`: characters that a body may have.
 */
export function farBeyond(text: string, limits: JsonLimits, most: number): Failure | undefined {
  if (text.length < SHORT) return undefined
  const depth = Math.min(FAR * limits.depth, MOST_LEVELS)
  const width = FAR * limits.width
  const containers = most / CHARS_PER_CONTAINER
  const items = new Uint32Array(depth + 1)
  let level = 0
  let opened = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = endOfString(text, at)
    else if (char === COMMA) {
      const count = (items[level] ?? 0) + 1
      if (count >= width) return exceeded(`to have at most ${limits.width} keys or items`)
      items[level] = count
    } else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      if (++opened > containers) return exceeded(`to have at most ${containers} objects and lists`)
      if (++level > depth) return exceeded(`to be nested at most ${limits.depth} levels deep`)
      items[level] = 0
    } else if ((char === CLOSE_LIST || char === CLOSE_OBJECT) && level > 0) level -= 1
  }
  return undefined
}
