import {
  type AppendBatch,
  type AppendOutcome,
  assertConsecutive,
  type Commit,
  DamagedError,
  type Journal,
  noParts,
  StorageError,
  type StoredSession,
} from '../journal.js'
import { type EntryText, LONG_BODY, piecesOf, textOf } from '../entry-text.js'
import { damaged, type Body } from './history.js'
import { packGroup, unpackOutcomes } from './packed-group.js'
import { documentDamage } from './projects.js'
import { RECEIPTS, type Opening, type ReadSteps, type WriteSteps } from './steps.js'
import {
  aboutDocument,
  aboutEntry,
  PartDamaged,
  snapshotDamage,
  type TextParts,
  type TextRef,
} from './texts.js'

/** The same steps, taken somewhere else. */
export type Async<Steps> = {
  [M in keyof Steps]: Steps[M] extends (...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Value>
    : never
}

type Steps = { reads: Async<ReadSteps>; writes: Async<WriteSteps> }

/** Characters that are written at once: others are appended in between. */
const AT_ONCE = 512 * 1024

/** How often a reading begins anew when what it reads was replaced meanwhile. */
const TRIES = 5

/** The journal, of steps between which others have their turn. */
export function journalOver({ reads, writes }: Steps): Omit<Journal, 'ping' | 'close'> {
  const writing = writingOf(writes)
  const reading = readingOf(reads)
  return {
    async createSession(...session) {
      const [created] = await writes.createSessions([session])
      if (created === undefined) throw new StorageError('The journal gave no outcome')
      return created
    },
    loadSession: (session_id) => reading.load(session_id),
    findSession: (session_id) => reads.findSession(session_id),
    listSessions: (page) => reads.listSessions(page),
    countCreated: (actor_id) => reads.countCreated(actor_id),
    deleteSession: (session_id) => writes.deleteSession(session_id),
    append: (batches) => writing.append(batches),
    entriesAfter: (session_id, after_seq, limit, maxChars = Infinity) =>
      reading.entries(session_id, { after_seq, limit, maxChars }),
    firstSeq: (session_id) => reads.firstSeq(session_id),
    findCommand: (session_id, command_id) => reading.command(session_id, command_id),
    async writeSnapshot(session_id, seq, parts) {
      const ref = await writes.beginSnapshot(session_id, seq)
      if (!ref) return
      await writing.refer(ref, parts, async (whole, count) => {
        if (count === 0) throw noParts()
        return await writes.endSnapshot(session_id, seq, whole)
      })
    },
    async truncate(session_id, truncation) {
      while (await writes.indexSome(session_id));
      return await writes.truncate(session_id, truncation)
    },
    eraseRemoved: () => writes.eraseRemoved(),
    members: (session_id) => reads.members(session_id),
    putMember: (session_id, member) => writes.putMember(session_id, member),
    deleteMember: (session_id, actor_id) => writes.deleteMember(session_id, actor_id),
    sessionsOf: (actor_id) => reads.sessionsOf(actor_id),
    createShareLink: (link) => writes.createShareLink(link),
    shareLinks: (session_id) => reads.shareLinks(session_id),
    deleteShareLink: (session_id, link_id) => writes.deleteShareLink(session_id, link_id),
    findShareLink: (token_hash) => reads.findShareLink(token_hash),
    createProject: (project) => writes.createProject(project),
    getProject: (project_id) => reads.getProject(project_id),
    findProject: (project_id) => reads.findProject(project_id),
    listProjects: (page) => reads.listProjects(page),
    async saveProject(project_id, { document, ...saved }) {
      const ref = await writes.beginText(aboutDocument(project_id))
      const whole = portions(document)
      return await writing.refer(ref, whole, (written) =>
        writes.saveProject(project_id, { ...saved, document: written }),
      )
    },
    savedDocument: (project_id) => reading.document(project_id),
    deleteProject: (project_id) => writes.deleteProject(project_id),
    size: () => writes.size(),
  }
}

type Parts = Iterable<string | string[]> | AsyncIterable<string>

function writingOf(writes: Async<WriteSteps>) {
  /** Writes a text, then what refers to it; without that, the text goes. */
  const refer = async (
    begun: TextRef,
    parts: Parts,
    end: (whole: TextRef, count: number) => Promise<boolean>,
  ): Promise<boolean> => {
    let ref = begun
    let count = 0
    let isReferred = false
    try {
      for await (const some of parts) {
        const bodies = typeof some === 'string' ? [some] : some
        ref = await writes.addParts(ref, count, bodies)
        count += bodies.length
      }
      isReferred = await end(ref, count)
      return isReferred
    } finally {
      if (!isReferred) await discard(writes, ref)
    }
  }

  const write = async (body: EntryText): Promise<TextRef> => {
    let ref = await writes.beginText(aboutEntry)
    try {
      let count = 0
      for (const bodies of portions(piecesOf(body))) {
        ref = await writes.addParts(ref, count, bodies)
        count += bodies.length
      }
      return ref
    } catch (error) {
      await discard(writes, ref)
      throw error
    }
  }

  return {
    refer,

    async append(batches: AppendBatch[]): Promise<AppendOutcome[]> {
      batches.forEach(assertConsecutive)
      const long = new Map<Commit, TextRef>()
      let outcomes: AppendOutcome[] = []
      try {
        for (const { commits } of batches) {
          for (const commit of commits) {
            const { body } = commit
            if (body.length > LONG_BODY) long.set(commit, await write(body))
          }
        }
        const packed = await writes.append(packGroup(batches, long))
        outcomes = unpackOutcomes(packed, batches.length)
        return outcomes
      } finally {
        for (const [i, { commits }] of batches.entries()) {
          if (outcomes[i]?.ok) continue
          for (const commit of commits) await discard(writes, long.get(commit))
        }
      }
    },
  }
}

/** What remains when this fails goes at the next start: no row refers to it. */
async function discard(writes: Async<WriteSteps>, ref: TextRef | undefined): Promise<void> {
  if (ref) await writes.discardText(ref).catch(() => undefined)
}

/** Texts in lists of about so many characters as are written at once. */
function* portions(texts: Iterable<string>): Generator<string[]> {
  let portion: string[] = []
  let chars = 0
  for (const text of texts) {
    if (chars > 0 && chars + text.length > AT_ONCE) {
      yield portion
      portion = []
      chars = 0
    }
    portion.push(text)
    chars += text.length
  }
  if (portion.length > 0) yield portion
}

type EntryWindow = { after_seq: number; limit: number; maxChars: number }

/** What was read has been replaced or removed since it was begun. */
class Replaced extends StorageError {
  constructor(session_id: string) {
    super(`Session ${session_id} changes as it is read`)
  }
}

function readingOf(reads: Async<ReadSteps>) {
  const texts = async (ref: TextRef): Promise<string[]> => {
    const all: string[] = []
    for (let from: number | null = 0; from !== null;) {
      const { bodies, next }: TextParts = await reads.parts(ref, from)
      for (const body of bodies) all.push(body)
      from = next
    }
    return all
  }

  const bodyOf = async (session_id: string, seq: number, stored: Body): Promise<EntryText> => {
    if (typeof stored === 'string') return stored
    try {
      return textOf(await texts(stored))
    } catch (error) {
      if (!(error instanceof PartDamaged)) throw error
      // An entry that was removed since has no parts any more.
      if ((await reads.firstSeq(session_id)) > seq) throw new Replaced(session_id)
      throw damaged(session_id, seq, 'is damaged')
    }
  }

  const entries = async (session_id: string, { after_seq, limit, maxChars }: EntryWindow) => {
    const bodies: EntryText[] = []
    let chars = 0
    let at = after_seq
    while (at < after_seq + limit && chars < maxChars) {
      const portion = await reads.entries(session_id, at, after_seq + limit - at)
      if (!portion) break
      if (bodies.length > 0 && portion.first !== at + 1) throw new Replaced(session_id)
      at = portion.first - 1
      for (const stored of portion.bodies) {
        if (chars >= maxChars) break
        at += 1
        const body = await bodyOf(session_id, at, stored)
        bodies.push(body)
        chars += body.length
      }
      if (!portion.more) break
    }
    return bodies
  }

  const receipts = async (session_id: string, from_seq: number) => {
    const all: StoredSession['receipts'] = []
    for (;;) {
      const some = await reads.receipts(session_id, from_seq, all.length)
      all.push(...some)
      if (some.length < RECEIPTS) return all
    }
  }

  const snapshotOf = async ({ snapshot, record, first_seq }: Opening) => {
    if (!snapshot) return { snapshot: null }
    const { seq, ref } = snapshot
    try {
      return { snapshot: { seq, parts: await texts(ref) } }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      const damage = snapshotDamage(seq, error)
      if (first_seq === 1) return { snapshot: null, damage }
      throw new DamagedError(`Session ${record.session_id}: ${damage}, and older entries are gone`)
    }
  }

  const loadOnce = async (opening: Opening): Promise<StoredSession> => {
    const { session_id } = opening.record
    const { snapshot, ...rest } = await snapshotOf(opening)
    const after_seq = snapshot?.seq ?? 0
    const window = { after_seq, limit: Number.MAX_SAFE_INTEGER, maxChars: Infinity }
    return {
      record: opening.record,
      snapshot,
      entries: await entries(session_id, window),
      receipts: await receipts(session_id, after_seq),
      ...rest,
    }
  }

  return {
    entries: (session_id: string, window: EntryWindow) =>
      untilWhole(() => entries(session_id, window), isReplaced),

    load: (session_id: string) =>
      untilWhole(async () => {
        const opening = await reads.opening(session_id)
        if (!opening || opening.whole) return opening?.whole
        const before = await loadOnce(opening).catch((error: unknown) => new Failed(error))
        const now = await reads.opening(session_id)
        if (!isSame(opening, now)) throw new Replaced(session_id)
        if (before instanceof Failed) throw before.error
        return before
      }, isReplaced),

    async command(session_id: string, command_id: string) {
      const found = await reads.command(session_id, command_id)
      if (!found) return undefined
      const { body } = found
      return { ...found, body: typeof body === 'object' && body !== null ? undefined : body }
    },

    document(project_id: string): Promise<string[] | undefined> {
      let ref: TextRef | undefined
      const read = async () => {
        ref = await reads.documentOf(project_id)
        return ref && (await texts(ref))
      }
      const isOther = async () => (await reads.documentOf(project_id))?.text !== ref?.text
      return untilWhole(read, isOther).catch((error: unknown) => {
        throw documentDamage(project_id, error)
      })
    },
  }
}

/** Whether an error says that it is worth to read again. */
async function isReplaced(error: unknown): Promise<boolean> {
  return error instanceof Replaced
}

class Failed {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** Whether a session that was read is still what it was when that began, but for what was appended. */
function isSame({ session, snapshot }: Opening, now: Opening | undefined): boolean {
  return session === now?.session && snapshot?.ref.text === now.snapshot?.ref.text
}

/** Reads again when that failed because what is read was replaced meanwhile. */
async function untilWhole<T>(
  read: () => Promise<T>,
  mayTryAgain: (error: unknown) => Promise<boolean>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read()
    } catch (error) {
      if (tries === TRIES || !(await mayTryAgain(error))) throw error
    }
  }
}
