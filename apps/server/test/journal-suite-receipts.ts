import { describe, expect, test } from 'vitest'
import { REMEMBERED_RECEIPTS } from '../src/journal/journal.js'
import { batch, receipt, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

const BATCH = 1_000
const BATCHES = (2 * REMEMBERED_RECEIPTS) / BATCH + 5

export function receiptSuite(open: OpenJournal): void {
  describe('receipts', () => {
    test('[IDEM6] the last of a session are remembered, undo steps and entries for good', async () => {
      await using opened = await open()
      const { journal } = opened
      for (const id of ['s', 'other']) await journal.createSession(session(id))
      const consumes = { kind: 'undo', actor_id: 'a', target_command_id: 'c1' } as const
      const undo = { ...receipt(1, 'undo'), consumes }
      await journal.append([
        { ...batch('s', 0, 2), receipts: [undo, receipt(2, 'first')] },
        { ...batch('other', 0), receipts: [receipt(1, 'first')] },
      ])
      await journal.writeSnapshot('s', 2, ['parts'])
      expect(await journal.truncate('s', { before_seq: 2, limit: 10 })).toBe(1)
      for (let i = 0; i < BATCHES; i += 1) {
        const receipts = Array.from({ length: BATCH }, (_, k) => receipt(2, `r${i * BATCH + k}`))
        const nothing = { session_id: 's', base_seq: 2, commits: [], receipts }
        expect(await journal.append([nothing])).toEqual([{ ok: true }])
      }
      const again = await opened.reopen()
      const isKnown = async (id: string) => (await again.findCommand('s', id)) !== undefined
      const last = BATCHES * BATCH - 1
      for (const id of [last, last - REMEMBERED_RECEIPTS + 1])
        expect(await isKnown(`r${id}`)).toBe(true)
      for (const id of ['first', 'r0', 'r4000'])
        expect([id, await isKnown(id)]).toEqual([id, false])
      for (const id of ['undo', 'c1', 'c2']) expect([id, await isKnown(id)]).toEqual([id, true])
      expect(await again.findCommand('other', 'first')).toBeDefined()
      const stored = await again.loadSession('s')
      expect(stored?.receipts.length).toBeLessThanOrEqual(2 * REMEMBERED_RECEIPTS + BATCH)
      // Its id is free again.
      const fresh = { session_id: 's', base_seq: 2, commits: [], receipts: [receipt(2, 'r0')] }
      expect(await again.append([fresh])).toEqual([{ ok: true }])
    })
  })
}
