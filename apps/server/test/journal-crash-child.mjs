import { writeSync } from 'node:fs'
import { openSqliteJournal } from '../dist/index.js'

// Appends to session `s` until it is killed and prints the last seq of each group that was
// acknowledged. It runs what was built: Node 20 cannot load the TypeScript around it.
const [file, base, groupSize] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const journal = await openSqliteJournal({ file, durability: 'full' })

for (let last = base; ; last += groupSize) {
  const commits = Array.from({ length: groupSize }, (_, i) => {
    const seq = last + 1 + i
    const command_id = `c${seq}`
    const body = JSON.stringify({
      seq,
      command_id,
      command_type: 'Batch',
      kind: 'do',
      actor: { id: 'ann' },
      label: 'x'.repeat(400),
      timestamp: '2026-01-01T00:00:00.000Z',
      changes: [],
    })
    return { seq, command_id, payload_hash: 'h', body, ack: null }
  })
  const [outcome] = await journal.append([
    { session_id: 's', base_seq: last, commits, receipts: [] },
  ])
  if (!outcome.ok) throw new Error(JSON.stringify(outcome))
  // Synchronous, so that nothing printed is lost with the process.
  writeSync(1, `${last + groupSize}\n`)
}
