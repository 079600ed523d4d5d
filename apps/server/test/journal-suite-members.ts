import { describe, expect, test } from 'vitest'
import type { Member, ShareLinkRecord } from '../src/journal/journal.js'
import { session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

function member(actor_id: string, role: Member['role'], day = 1): Member {
  const added_at = `2026-01-0${day}T00:00:00.000Z`
  return { actor_id, name: null, role, added_at, added_by: 'ann' }
}

function link(link_id: string, session_id: string): ShareLinkRecord {
  const created_at = '2026-01-01T00:00:00.000Z'
  const rest = { expires_at: null, created_at, created_by: 'ann' }
  return { link_id, session_id, token_hash: `hash of ${link_id}`, role: 'viewer', ...rest }
}

export function memberSuite(open: OpenJournal): void {
  describe('members and share links', () => {
    test('a session comes with its owner, once', async () => {
      await using opened = await open()
      const ann: Member = { ...member('ann', 'owner'), name: 'Ann' }
      await opened.journal.createSession(session('s'), ann)
      await opened.journal.createSession(session('s'), member('eve', 'owner'))
      const journal = await opened.reopen()
      expect(await journal.members('s')).toEqual([ann])
      expect(await journal.members('t')).toEqual([])
    })

    test('who is added twice has the later role, and keeps when and by whom', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.putMember('s', member('cy', 'viewer', 2))
      await journal.putMember('s', member('ben', 'viewer', 1))
      await journal.putMember('s', member('ben', 'editor', 3))
      const expected = [member('ben', 'editor', 1), member('cy', 'viewer', 2)]
      expect(await journal.members('s')).toEqual(expected)
      expect(await (await opened.reopen()).members('s')).toEqual(expected)
    })

    test('a member needs a session, and so does a link', async () => {
      await using opened = await open()
      const { journal } = opened
      expect(await journal.putMember('none', member('ann', 'owner'))).toBe(false)
      expect(await journal.createShareLink(link('l', 'none'))).toBe(false)
      expect(await journal.members('none')).toEqual([])
      expect(await journal.findShareLink('hash of l')).toBeUndefined()
      await journal.createSession(session('s'))
      expect(await journal.putMember('s', member('ann', 'owner'))).toBe(true)
      expect(await journal.putMember('s', member('ann', 'viewer'))).toBe(true)
      expect(await journal.createShareLink(link('l', 's'))).toBe(true)
    })

    test('who is removed is gone, in that session only', async () => {
      await using opened = await open()
      const { journal } = opened
      for (const id of ['s', 't']) {
        await journal.createSession(session(id), member('ann', 'owner'))
      }
      expect(await journal.deleteMember('s', 'ann')).toBe(true)
      expect(await journal.deleteMember('s', 'ann')).toBe(false)
      expect(await journal.sessionsOf('ann')).toEqual([{ session_id: 't', role: 'owner' }])
      expect(await journal.sessionsOf('eve')).toEqual([])
    })

    test('a link is found by its hash until it is deleted', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      await opened.journal.createShareLink(link('one', 's'))
      await opened.journal.createShareLink(link('two', 's'))
      const journal = await opened.reopen()
      expect(await journal.shareLinks('s')).toEqual([link('one', 's'), link('two', 's')])
      expect(await journal.findShareLink('hash of two')).toEqual(link('two', 's'))
      expect(await journal.deleteShareLink('t', 'two')).toBe(false)
      expect(await journal.deleteShareLink('s', 'two')).toBe(true)
      expect(await journal.findShareLink('hash of two')).toBeUndefined()
      expect(await journal.shareLinks('s')).toEqual([link('one', 's')])
    })

    test('both go with their session', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'), member('ann', 'owner'))
      await journal.createShareLink(link('one', 's'))
      await journal.deleteSession('s')
      await journal.createSession(session('s'))
      expect(await journal.members('s')).toEqual([])
      expect(await journal.sessionsOf('ann')).toEqual([])
      expect(await journal.findShareLink('hash of one')).toBeUndefined()
    })
  })
}
