import { cpSync, existsSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteJournal } from '../dist/index.js'

// Runs the built journal under the shim of disk-faults.c, one case after the other, and prints what
// each case came to as a line of JSON.
const [folder, file, actions] = process.argv.slice(2)
const database = process.env.DISK_FAULTS_DATABASE
const control = openSync(process.env.DISK_FAULTS, 'r+')

const OPS = { read: 1, write: 2, sync: 4, truncate: 8, short: 16 }
const FILES = { database: 1, log: 2, index: 4, other: 16 }
const EIO = 5
const ENOSPC = 28
const ALWAYS = 1_000_000_000
const FAULTS = [
  ['read', EIO],
  ['short', EIO],
  ['write', EIO],
  ['write', ENOSPC],
  ['sync', EIO],
  ['truncate', EIO],
]

function set({ armed, op = 'read', file = 'database', skip = 0, count = 0, error = EIO }) {
  const words = Int32Array.of(armed ? 1 : 0, OPS[op], FILES[file], skip, count, error, 0, 0)
  writeSync(control, new Uint8Array(words.buffer), 0, words.byteLength, 0)
}

function disarm() {
  writeSync(control, new Uint8Array(4), 0, 4, 0)
}

/** How many calls matched, and how many of them failed. */
function counted() {
  const words = new Int32Array(8)
  readSync(control, words, 0, words.byteLength, 0)
  return { seen: words[6], hits: words[7] }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** One journal with session `s`, what was acknowledged of it, and what was refused. */
class Life {
  acknowledged = []
  refused = []
  number = 0
  lost = undefined

  async open(file = database) {
    this.journal = await openSqliteJournal({
      file,
      durability: 'full',
      onFatal: (error) => (this.lost = error),
    })
  }

  /** Undefined: it is lost, and there is no answer. */
  async ask(promise) {
    const settled = promise.then(
      (value) => ({ value }),
      (error) => ({ error }),
    )
    for (;;) {
      const answer = await Promise.race([settled, pause(20).then(() => 'waiting')])
      if (answer !== 'waiting') return answer
      if (this.lost) return undefined
    }
  }

  async append(text = '') {
    const seq = this.acknowledged.length + 1
    const command_id = `c${(this.number += 1)}`
    const entry = { seq, command_id, timestamp: '2026-01-01T00:00:00.000Z', text }
    const commit = { seq, command_id, payload_hash: 'h', body: JSON.stringify(entry), ack: null }
    const batch = { session_id: 's', base_seq: seq - 1, commits: [commit], receipts: [] }
    const answer = await this.ask(this.journal.append([batch]))
    if (answer?.value?.[0].ok) this.acknowledged.push(command_id)
    else if (answer?.error) this.refused.push(command_id)
    else if (answer) throw new Error(`Unexpected: ${JSON.stringify(answer.value)}`)
    return answer?.value !== undefined
  }

  /** Ends: by closing, or because it is lost. */
  async end() {
    if (this.lost) return
    await this.ask(this.journal.close())
  }
}

const ACTIONS = {
  async append(life) {
    for (let i = 0; i < 4; i += 1) await life.append()
  },
  async checkpoint(life) {
    // Enough for one on the thread of its own.
    for (let i = 0; i < 5; i += 1) await life.append('x'.repeat(1_000_000))
    await pause(60)
  },
  async snapshot(life) {
    await life.append()
    await life.ask(life.journal.writeSnapshot('s', life.acknowledged.length, ['a', 'b']))
    await life.append()
  },
  async truncate(life) {
    await life.ask(life.journal.writeSnapshot('s', life.acknowledged.length, ['a', 'b']))
    const before_seq = life.acknowledged.length - 1
    await life.ask(life.journal.truncate('s', { before_seq, limit: 10 }))
  },
  async read(life) {
    await life.ask(life.journal.loadSession('s'))
    await life.ask(life.journal.entriesAfter('s', 0, 100))
    await life.ask(life.journal.savedDocument('p'))
  },
  async others(life) {
    await life.ask(
      life.journal.putMember('s', {
        actor_id: 'a',
        name: null,
        role: 'editor',
        added_at: '',
        added_by: 'b',
      }),
    )
    await life.ask(
      life.journal.saveProject('p', { saved_at: 'x', saved_seq: 1, document: ['1', '2'] }),
    )
    await life.append()
  },
  async reopen(life) {
    await life.end()
    const failure = await life.open().catch((error) => error)
    if (failure) life.failedToOpen = failure.message
    else await life.append()
  },
}

function wipe(file) {
  for (const suffix of ['', '-wal', '-shm', '-lock', '-probe'])
    rmSync(`${file}${suffix}`, { force: true })
}

function copy(from, to) {
  wipe(to)
  for (const suffix of ['', '-wal', '-shm', '-lock']) {
    if (existsSync(from + suffix)) cpSync(from + suffix, to + suffix)
  }
}

/** A journal that has a snapshot, entries in its tables and entries that are staged. */
async function prepare() {
  wipe(database)
  const life = new Life()
  await life.open()
  await life.journal.createSession({
    session_id: 's',
    epoch: 'e',
    template_id: null,
    project_id: null,
    created_at: '',
    created_by: null,
  })
  await life.journal.createProject({
    project_id: 'p',
    project_name: 'p',
    template_id: null,
    session_id: 's',
    created_at: '',
    saved_at: null,
    saved_seq: null,
    envelope: '{}',
  })
  for (let i = 0; i < 5; i += 1) await life.append()
  await life.journal.writeSnapshot('s', 4, ['old'])
  await life.append()
  // As a kill would leave it: the log has what the database does not.
  copy(database, join(folder, 'prepared.db'))
  await life.end()
  return life.acknowledged
}

/** Everything acknowledged is there once, in order; nothing that was refused is. */
async function expectWhole(file, { acknowledged, refused, lost }) {
  const journal = await openSqliteJournal({ file, durability: 'full' })
  try {
    const first = await journal.firstSeq('s')
    const bodies = await journal.entriesAfter('s', 0, 1_000)
    const entries = bodies.map((body) =>
      JSON.parse(typeof body === 'string' ? body : body.parts.join('')),
    )
    const ids = entries.map(({ command_id }) => command_id)
    const expected = acknowledged.slice(first - 1)
    const more = ids.slice(expected.length)
    if (ids.slice(0, expected.length).join() !== expected.join() || more.length > (lost ? 1 : 0)) {
      return `expected ${expected.join()}, found ${ids.join()}, refused ${refused.join()}`
    }
    if (entries.some(({ seq }, i) => seq !== first + i)) return 'a gap'
    await journal.loadSession('s')
    return null
  } catch (error) {
    return error.message
  } finally {
    await journal.close()
  }
}

async function begin(prepared) {
  copy(join(folder, 'prepared.db'), database)
  const life = new Life()
  life.acknowledged = [...prepared]
  life.number = 100
  await life.open()
  return life
}

/** How often an action makes such a call. */
async function countCalls(action, fault, prepared) {
  const life = await begin(prepared)
  set({ armed: true, ...fault, skip: ALWAYS })
  await ACTIONS[action](life)
  disarm()
  await life.end()
  return counted().seen
}

/** The disk works again: the journal takes commands by itself, and says that it is ready. */
async function expectRecovery(life) {
  const before = life.acknowledged.length
  for (let i = 0; i < 100 && !(await life.append()); i += 1) await pause(50)
  if (life.acknowledged.length === before) return 'takes no commands'
  for (let i = 0; ; i += 1) {
    const ping = await life.ask(life.journal.ping())
    if (!ping?.error) return null
    if (i === 60) return `is not ready: ${ping.error.message}`
    await pause(50)
  }
}

/** What a start after kill -9 would find at this moment. */
async function expectWholeAfterKill(life) {
  const crashed = join(folder, 'crashed.db')
  copy(database, crashed)
  return await expectWhole(crashed, life)
}

/** One fault in a life; gives what it came to. */
async function suffer(life, action, fault) {
  const known = life.refused.length
  set({ armed: true, ...fault })
  await ACTIONS[action](life)
  disarm()
  const { hits } = counted()
  const { lost, failedToOpen } = life
  const isOver = lost !== undefined || failedToOpen !== undefined
  // Lost: as the process ends, what was not answered may be there or not.
  const whole = isOver || life.refused.length > known ? await expectWholeAfterKill(life) : null
  const recovered = isOver ? null : await expectRecovery(life)
  const wrong = [whole, recovered].filter((one) => one !== null)
  const refused = life.refused.length - known
  return { isOver, result: { action, ...fault, hits, refused, lost: lost !== undefined, wrong } }
}

/** Which calls of an action fail: the first ones and the last, one at a time, and all at once. */
function chosen(seen) {
  if (seen === 0) return []
  const numbers = [...new Set([0, 1, seen - 1].filter((n) => n < seen))]
  return [...numbers.map((skip) => ({ skip, count: 1 })), { skip: 0, count: ALWAYS }]
}

/** All faults of a kind, in as few lives as they leave. */
async function runAll(action, fault, prepared) {
  let life
  for (const which of chosen(await countCalls(action, fault, prepared))) {
    life ??= await begin(prepared)
    const { isOver, result } = await suffer(life, action, { ...fault, ...which })
    writeSync(1, `${JSON.stringify(result)}\n`)
    if (isOver) life = undefined
  }
  if (life === undefined) return
  await life.end()
  const damage = await expectWhole(database, life)
  if (damage !== null) writeSync(1, `${JSON.stringify({ action, ...fault, wrong: [damage] })}\n`)
}

mkdirSync(folder, { recursive: true })
const prepared = await prepare()
for (const action of actions.split(',')) {
  for (const [op, error] of FAULTS) await runAll(action, { op, file, error }, prepared)
}
process.exit(0)
