import type { AckSuccess, Entry } from '@talus/protocol'
import {
  assertSnapshotSeq,
  DamagedError,
  type Journal,
  mayGo,
  noParts,
  type Receipt,
  removedAck,
  type SessionRecord,
  type StoredCommand,
} from '../journal.js'
import { LONG_BODY } from '../entry-text.js'
import type { PostgresDatabase, Query } from './connection.js'
import { release } from './sessions.js'

/** Bytes of entries or parts in one result: parsing it takes a millisecond or two. */
const PORTION = 1024 * 1024

/** Rows in one result. */
const ROWS = 2_000

/** Bytes of entries and parts in one insert. */
const AT_ONCE = 512 * 1024

type Head = SessionRecord & {
  id: number
  last_seq: number
  first_seq: number
  snapshot_seq: number | null
  snapshot: number | null
}

export async function headOf(
  query: Query,
  session_id: string,
  lock = '',
): Promise<Head | undefined> {
  const sql = `select id, session_id, epoch, template_id, project_id, created_at, last_seq,
    first_seq, snapshot_seq, snapshot from talus.sessions where session_id = $1 ${lock}`
  return (await query<Head>(sql, [session_id]))[0]
}

type Window = { after_seq: number; limit: number; chars: number }

/**
 * Entries with the `limit` seqs after `after_seq`, in order, up to `chars` characters. Only truncated
 * entries may be missing, at the beginning.
 */
export async function entriesOf(
  query: Query,
  { id, session_id, first_seq, last_seq }: Head,
  { after_seq, limit, chars }: Window,
): Promise<LogEntry[]> {
  const end = Math.min(after_seq + limit, last_seq)
  const entries: LogEntry[] = []
  let left = chars
  for (let at = Math.max(after_seq, first_seq - 1); at < end && left > 0;) {
    const some = await query<LogEntry>(
      `select seq, command_id, payload_hash, ack, body from (
        select *, sum(octet_length(body)) over (order by seq) - octet_length(body) as before
        from (select * from talus.log where session = $1 and seq > $2 and seq <= $3
          order by seq limit $4) page) sized
      where before < $5 order by seq`,
      [id, at, end, ROWS, Math.min(left, PORTION)],
    )
    if (some.length === 0) throw missing(session_id, at + 1)
    for (const entry of some) {
      at += 1
      if (entry.seq !== at || entry.body === null) throw missing(session_id, at)
      entries.push(entry)
      left -= entry.body.length
      if (left <= 0) break
    }
  }
  return entries
}

/** `is_long`: the body is omitted; `body` is null if there is none. */
type CommandRow = Omit<StoredCommand, 'ack' | 'body'> & {
  ack: string | null
  body: string | null
  is_long: boolean | null
}

type LogEntry = Omit<StoredCommand, 'ack' | 'seq' | 'body'> & {
  seq: number
  ack: string | null
  body: string
}

function missing(session_id: string, seq: number): DamagedError {
  return new DamagedError(`Session ${session_id}: the entry at seq ${seq} is missing`)
}

/** The parts of a text, starting at a given one, up to a number of bytes. */
export async function partsOf(
  query: Query,
  text: number,
  { from = 0, most = Infinity }: { from?: number; most?: number } = {},
): Promise<string[]> {
  const parts: string[] = []
  for (let bytes = 0; bytes < most;) {
    const some = await query<{ body: string }>(
      `select body from (
        select part, body, sum(octet_length(body)) over (order by part) - octet_length(body) as before
        from talus.parts where text = $1 and part >= $2) sized
      where before < $3 order by part`,
      [text, from + parts.length, PORTION],
    )
    if (some.length === 0) break
    for (const { body } of some) parts.push(body)
    bytes += PORTION
  }
  return parts
}

type ReceiptRow = {
  id: number
  command_id: string
  payload_hash: string
  after_seq: number
  ack: string
  consumes: string | null
}

export async function receiptsOf(
  query: Query,
  session: number,
  from_seq: number,
): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  for (let last = { after_seq: from_seq, id: 0 }; ;) {
    const rows = await query<ReceiptRow>(
      `select id, command_id, payload_hash, after_seq, ack, consumes from talus.log
      where session = $1 and seq is null and (after_seq, id) > ($2, $3)
      order by after_seq, id limit $4`,
      [session, last.after_seq, last.id, ROWS],
    )
    for (const { command_id, payload_hash, after_seq, ack, consumes } of rows) {
      const told = JSON.parse(ack) as AckSuccess
      const used = consumes === null ? null : (JSON.parse(consumes) as Receipt['consumes'])
      receipts.push({ command_id, payload_hash, after_seq, ack: told, consumes: used })
    }
    const end = rows.at(-1)
    if (!end || rows.length < ROWS) return receipts
    last = end
  }
}

type Parts = Iterable<string> | AsyncIterable<string>

/** Writes a text that no row refers to yet, some parts at a time. */
export async function writeText(
  query: Query,
  parts: Parts,
): Promise<{ text: number; count: number }> {
  const begin = `insert into talus.loose (text) values (nextval('talus.texts')) returning text`
  const [begun] = await query<{ text: number }>(begin)
  const text = begun?.text ?? 0
  let count = 0
  let some: string[] = []
  let chars = 0
  const write = async () => {
    await query(
      `insert into talus.parts select $1, $2::integer + n - 1, body
      from unnest($3::text[]) with ordinality p (body, n)`,
      [text, count, some],
    )
    count += some.length
    some = []
    chars = 0
  }
  try {
    for await (const part of parts) {
      if (chars > 0 && chars + part.length > AT_ONCE) await write()
      some.push(part)
      chars += part.length
    }
    if (some.length > 0) await write()
    return { text, count }
  } catch (error) {
    await discardText(query, text)
    throw error
  }
}

/** Deletes a text. If this fails, `Removal` deletes the rest later: no row refers to it. */
export async function discardText(query: Query, text: number): Promise<void> {
  await query('delete from talus.parts where text = $1', [text])
    .then(() => query('delete from talus.loose where text = $1', [text]))
    .catch(() => undefined)
}

type History = Pick<
  Journal,
  'loadSession' | 'entriesAfter' | 'findCommand' | 'writeSnapshot' | 'truncate'
>

export function historyOf(database: PostgresDatabase): History {
  return {
    loadSession: (session_id) =>
      database.view(async (query) => {
        const head = await headOf(query, session_id)
        if (!head) return undefined
        const { id, epoch, template_id, project_id, created_at, snapshot_seq, snapshot } = head
        const record = { session_id, epoch, template_id, project_id, created_at }
        const stored =
          snapshot === null || snapshot_seq === null
            ? null
            : { seq: snapshot_seq, parts: await partsOf(query, snapshot) }
        if (stored?.parts.length === 0) {
          throw new DamagedError(`Session ${session_id}: the snapshot at ${stored.seq} is missing`)
        }
        const after_seq = stored?.seq ?? 0
        const window = { after_seq, limit: Number.MAX_SAFE_INTEGER, chars: Infinity }
        const entries = await entriesOf(query, head, window)
        return {
          record,
          snapshot: stored,
          entries: entries.map(({ body }) => body),
          receipts: await receiptsOf(query, id, after_seq),
        }
      }),

    entriesAfter: (session_id, after_seq, limit, chars = Infinity) =>
      // Entries may be removed at the same time: read one snapshot.
      database.view(async (query) => {
        const head = await headOf(query, session_id)
        const entries = head ? await entriesOf(query, head, { after_seq, limit, chars }) : []
        return entries.map(({ body }) => body)
      }),

    async findCommand(session_id, command_id) {
      const [row] = await database.query<CommandRow>(
        `select l.command_id, l.payload_hash, l.seq, l.ack, octet_length(l.body) > $3 as is_long,
          case when octet_length(l.body) <= $3 then l.body end as body
        from talus.log l join talus.sessions s on l.session = s.id
        where s.session_id = $1 and l.command_id = $2`,
        [session_id, command_id, LONG_BODY],
      )
      if (!row) return undefined
      const { ack, body, is_long, ...found } = row
      const told = ack === null ? null : (JSON.parse(ack) as AckSuccess)
      return { ...found, body: is_long ? undefined : body, ack: told }
    },

    async writeSnapshot(session_id, seq, parts) {
      const isWanted = (head: Head | undefined, id = head?.id): head is Head =>
        head !== undefined && head.id === id && (head.snapshot_seq ?? -1) < seq
      const before = await headOf(database.query, session_id)
      if (!isWanted(before)) return
      const { text, count } = await writeText(database.query, parts)
      let isHeld = false
      try {
        if (count === 0) throw noParts()
        isHeld = await database.transaction(async (query) => {
          const head = await headOf(query, session_id, 'for update')
          // The session was deleted, or recreated, during the write.
          if (!isWanted(head, before.id)) return false
          assertSnapshotSeq(seq, head.last_seq)
          await query('delete from talus.loose where text = $1', [text])
          await release(query, head.snapshot)
          const hold = 'update talus.sessions set snapshot_seq = $1, snapshot = $2 where id = $3'
          await query(hold, [seq, text, head.id])
          return true
        })
        if (isHeld && before.snapshot !== null) await discardText(database.query, before.snapshot)
      } finally {
        if (!isHeld) await discardText(database.query, text)
      }
    },

    truncate: (session_id, { limit, ...allowed }) =>
      database.transaction(async (query) => {
        const head = await headOf(query, session_id, 'for update')
        if (!head || head.snapshot_seq === null) return 0
        const ends = { ...allowed, last_seq: head.last_seq, snapshot_seq: head.snapshot_seq }
        const window = { after_seq: head.first_seq - 1, limit, chars: PORTION }
        let { first_seq } = head
        for (let goesOn = true; goesOn && first_seq < head.first_seq + limit;) {
          const left = head.first_seq + limit - first_seq
          const oldest = await entriesOf(query, { ...head, first_seq }, { ...window, limit: left })
          const stays = oldest.findIndex((entry) => !mayGo(entry, ends))
          const going = stays < 0 ? oldest : oldest.slice(0, stays)
          await removeEntries(query, head.id, going)
          first_seq += going.length
          goesOn = stays < 0 && going.length > 0
          window.after_seq = first_seq - 1
        }
        const begin = 'update talus.sessions set first_seq = $1 where id = $2'
        await query(begin, [first_seq, head.id])
        return first_seq - head.first_seq
      }),
  }
}

/** Removes entries, but keeps the acknowledgements that answer retries (rule IDEM1). */
async function removeEntries(query: Query, id: number, going: readonly LogEntry[]): Promise<void> {
  if (going.length === 0) return
  const acks = going.map(({ seq, command_id, ack, body }) => {
    const given = ack === null ? null : (JSON.parse(ack) as AckSuccess)
    return JSON.stringify(removedAck({ seq, command_id, ack: given }, JSON.parse(body) as Entry))
  })
  await query(
    `update talus.log l set body = null, ack = gone.ack
    from unnest($2::bigint[], $3::text[]) gone (seq, ack) where l.session = $1 and l.seq = gone.seq`,
    [id, going.map(({ seq }) => seq), acks],
  )
}
