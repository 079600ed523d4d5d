import type { Steps } from './steps.js'

/** Lists up to this length are written at once, unless something in them is long. */
const SHORT = 32

/** Levels of an entry below which nothing is cut: entry, changes, a replacement, its nodes. */
const LEVELS = 4

/** Characters that are written in one step. */
const CHARS = 32 * 1024

class Writer {
  /** Put together as they come: to join all at the end would take as long as to write them. */
  readonly #joined: string[] = []
  #parts: string[] = []
  #chars = 0

  /** True: it is time for a pause. */
  add(text: string): boolean {
    this.#parts.push(text)
    this.#chars += text.length
    if (this.#chars < CHARS) return false
    this.#join()
    return true
  }

  text(): string {
    this.#join()
    return this.#joined.join('')
  }

  #join(): void {
    this.#joined.push(this.#parts.join(''))
    this.#parts = []
    this.#chars = 0
  }
}

function* writeList(writer: Writer, list: readonly unknown[], levels: number): Steps<void> {
  const deeper = list.length > SHORT ? 0 : levels - 1
  let before = '['
  for (const item of list) {
    writer.add(before)
    before = ','
    yield* write(writer, item, deeper)
  }
  writer.add(before === '[' ? '[]' : ']')
}

function* write(writer: Writer, value: unknown, levels: number): Steps<void> {
  if (levels === 0 || typeof value !== 'object' || value === null) {
    if (writer.add(JSON.stringify(value))) yield
    return
  }
  if (Array.isArray(value)) return yield* writeList(writer, value, levels)
  let before = '{'
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    writer.add(`${before}${JSON.stringify(key)}:`)
    before = ','
    yield* write(writer, member, levels - 1)
  }
  writer.add(before === '{' ? '{}' : '}')
}

/** What `JSON.stringify` gives, of plain JSON values, in steps. */
export function* jsonInSteps(value: object): Steps<string> {
  const writer = new Writer()
  yield* write(writer, value, LEVELS)
  return writer.text()
}
