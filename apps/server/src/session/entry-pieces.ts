import type { Steps } from '@talus/graph'
import type { Change, Entry, JsonValue, Node } from '@talus/protocol'
import { type EntryText, wholeText } from '../journal/entry-text.js'
import { inTurns } from '../turns.js'

/** Characters of an entry that are parsed in one piece: a millisecond or two. */
const WHOLE_CHARS = 128 * 1024

/** Characters that are looked through between two chances to rest, and those of a run of items. */
const SCANNED = 64 * 1024

/**
 * A part of what an entry did: a change, or of a `graph-replaced` its beginning and each of its
 * nodes. An undefined is a piece of work that gave none.
 */
export type EntryPiece =
  | { kind: 'change'; change: Change }
  | { kind: 'replaced' }
  | { kind: 'node'; node: Node }
  | undefined

/** An entry without its changes. */
export type EntryHead = Entry & { changes: [] }

/** How a change begins that replaces the graph. */
const REPLACED = '{"type":"graph-replaced",'

const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((character) => character.charCodeAt(0))
const [OPEN_OBJECT, OPEN_LIST, CLOSE_LIST] = ['{', '[', ']'].map((character) =>
  character.charCodeAt(0),
)
const OPENING = new Set(['{', '['].map((character) => character.charCodeAt(0)))
const CLOSING = new Set(['}', ']'].map((character) => character.charCodeAt(0)))

/**
 * Reads JSON, as `JSON.stringify` writes it, from its beginning to its end. What is read may be taken;
 * it may lie across parts of the text, whose borders may be anywhere.
 */
class JsonReader {
  readonly #parts: readonly string[]
  #next = 1
  #text: string
  #at = 0
  /** Where in this part begins what is to be taken, and what of it was in the parts before. */
  #from = 0
  #before: string[] = []

  constructor(text: EntryText) {
    this.#parts = typeof text === 'string' ? [text] : text.parts
    this.#text = this.#parts[0] ?? ''
  }

  /** The code of the next character. */
  peek(): number {
    while (this.#at === this.#text.length) this.#turn()
    return this.#text.charCodeAt(this.#at)
  }

  /** The same, and moves behind it. */
  read(): number {
    const code = this.peek()
    this.#at += 1
    return code
  }

  /** Whether this comes next. */
  startsWith(wanted: string): boolean {
    let ahead = this.#text.slice(this.#at, this.#at + wanted.length)
    for (let i = this.#next; ahead.length < wanted.length && i < this.#parts.length; i += 1) {
      ahead += this.#parts[i]?.slice(0, wanted.length) ?? ''
    }
    return ahead.startsWith(wanted)
  }

  /** What is read from here on is to be taken. */
  begin(): void {
    // In the part where it is, of which nothing may be left here.
    this.peek()
    this.#before = []
    this.#from = this.#at
  }

  get taken(): string {
    const last = this.#text.slice(this.#from, this.#at)
    return this.#before.length === 0 ? last : [...this.#before, last].join('')
  }

  /** Whether it would take a millisecond to parse that. */
  get isMuch(): boolean {
    return this.#before.length > 0 || this.#at - this.#from > SCANNED
  }

  /** Moves behind the value that begins here. */
  *pass(): Steps<void> {
    let depth = 0
    for (;;) {
      const [part, text] = [this.#next, this.#text]
      const rest = Math.min(text.length, this.#at + SCANNED)
      let i = this.#at
      while (i < rest) {
        const code = text.charCodeAt(i)
        if (code === QUOTE) {
          this.#at = i
          this.passString()
          if (this.#next !== part) break
          i = this.#at
          continue
        }
        if (depth === 0 && (code === COMMA || CLOSING.has(code))) {
          this.#at = i
          return
        }
        if (OPENING.has(code)) depth += 1
        else if (CLOSING.has(code)) depth -= 1
        i += 1
      }
      if (this.#next === part) {
        this.#at = i
        if (i === text.length) this.#turn()
      }
      yield
    }
  }

  /** Moves behind the string that begins here. */
  passString(): void {
    for (let from = this.#at + 1; ;) {
      const text = this.#text
      let quote = text.indexOf('"', from)
      while (quote >= 0 && isEscaped(text, from, quote)) quote = text.indexOf('"', quote + 1)
      if (quote >= 0) {
        this.#at = quote + 1
        return
      }
      from = isEscaped(text, from, text.length) ? 1 : 0
      this.#turn()
    }
  }

  #turn(): void {
    const next = this.#parts[this.#next]
    if (next === undefined) throw new Error('a stored entry ends too early')
    this.#before.push(this.#text.slice(this.#from))
    this.#text = next
    this.#next += 1
    this.#at = 0
    this.#from = 0
  }
}

/** Whether what stands before a place, from another one on, escapes what follows. */
function isEscaped(text: string, from: number, place: number): boolean {
  let at = place
  while (at > from && text.charCodeAt(at - 1) === BACKSLASH) at -= 1
  return (place - at) % 2 === 1
}

function* parsed<T>(reader: JsonReader): Steps<T> {
  reader.begin()
  yield* reader.pass()
  return JSON.parse(reader.taken) as T
}

/** The members of the object that begins here; `value` reads that of each. Moves behind it. */
function* members<T>(
  reader: JsonReader,
  value: (key: string) => Generator<T | undefined, void>,
): Generator<T | undefined, void> {
  reader.read()
  if (reader.peek() === QUOTE) {
    do {
      if (reader.peek() === COMMA) reader.read()
      reader.begin()
      reader.passString()
      const key = JSON.parse(reader.taken) as string
      reader.read()
      yield* value(key)
    } while (reader.peek() === COMMA)
  }
  reader.read()
}

/** The items of the list that begins here; `item` reads each. Moves behind it. */
function* items<T>(
  reader: JsonReader,
  item: () => Generator<T | undefined, void>,
): Generator<T | undefined, void> {
  reader.read()
  if (reader.peek() !== CLOSE_LIST) {
    yield* item()
    while (reader.peek() === COMMA) {
      reader.read()
      yield* item()
    }
  }
  reader.read()
}

/** A list, parsed in runs of its items. */
function* listInRuns(reader: JsonReader): Steps<JsonValue[]> {
  const list: JsonValue[] = []
  const take = () => {
    for (const item of JSON.parse(`[${reader.taken}]`) as JsonValue[]) list.push(item)
  }
  reader.read()
  reader.begin()
  while (reader.peek() !== CLOSE_LIST) {
    if (reader.peek() === COMMA) reader.read()
    yield* reader.pass()
    if (!reader.isMuch || reader.peek() === CLOSE_LIST) continue
    take()
    yield
    reader.read()
    reader.begin()
  }
  take()
  reader.read()
  return list
}

/** The result of a command: its lists may name as many nodes as there are. */
function* resultOf(reader: JsonReader): Steps<JsonValue> {
  if (reader.peek() !== OPEN_OBJECT) return yield* parsed<JsonValue>(reader)
  const fields: [key: string, value: JsonValue][] = []
  yield* members<never>(reader, function* field(key) {
    const isList = reader.peek() === OPEN_LIST
    fields.push([key, yield* isList ? listInRuns(reader) : parsed<JsonValue>(reader)])
  })
  return Object.fromEntries(fields)
}

function* nodes(reader: JsonReader): Generator<EntryPiece, void> {
  yield* items<EntryPiece>(reader, function* item() {
    yield { kind: 'node', node: yield* parsed<Node>(reader) }
  })
}

function* change(reader: JsonReader): Generator<EntryPiece, void> {
  if (!reader.startsWith(REPLACED)) {
    yield { kind: 'change', change: yield* parsed<Change>(reader) }
    return
  }
  yield { kind: 'replaced' }
  yield* members<EntryPiece>(reader, (key) => (key === 'nodes' ? nodes(reader) : reader.pass()))
}

function* largeEntry(reader: JsonReader): Generator<EntryPiece, EntryHead> {
  const fields: [key: string, value: unknown][] = []
  yield* members<EntryPiece>(reader, function* field(key) {
    if (key === 'changes') yield* items(reader, () => change(reader))
    else if (key === 'result') fields.push([key, yield* resultOf(reader)])
    else fields.push([key, yield* parsed(reader)])
  })
  return { ...(Object.fromEntries(fields) as Omit<EntryHead, 'changes'>), changes: [] }
}

/**
 * What a stored entry did, piece by piece: an entry may have 100 MB, and to parse it would take a
 * second in one go. Ends with the rest of the entry.
 */
export function* entryPieces(body: EntryText): Generator<EntryPiece, EntryHead> {
  if (body.length > WHOLE_CHARS) return yield* largeEntry(new JsonReader(body))
  const entry = JSON.parse(wholeText(body)) as Entry
  for (const change of entry.changes) {
    if (change.type !== 'graph-replaced') {
      yield { kind: 'change', change }
      continue
    }
    yield { kind: 'replaced' }
    for (const node of change.nodes) yield { kind: 'node', node }
  }
  return { ...entry, changes: [] }
}

/** An entry without its changes, read in turns. */
export function headOf(body: EntryText): Promise<EntryHead> {
  return inTurns(entryPieces(body))
}
