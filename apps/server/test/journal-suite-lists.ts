import { describe, expect, test } from 'vitest'
import type { Journal, ListPage, Member } from '../src/journal/journal.js'
import { batch, project, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

const DAY = '2026-01-01T00:00:00.000Z'

function owner(actor_id: string): Member {
  return { actor_id, name: null, role: 'owner', added_at: DAY, added_by: actor_id }
}

/** Sessions `s0` to `s5`, each with a project; ann owns the even ones, eve the odd ones. */
async function fill(journal: Journal): Promise<void> {
  for (const i of [5, 3, 1, 0, 2, 4]) {
    const record = session(`s${i}`, `2026-01-0${1 + Math.floor(i / 2)}T00:00:00.000Z`)
    await journal.createSession(record, owner(i % 2 === 0 ? 'ann' : 'eve'))
    const { created_at } = record
    await journal.createProject({ ...project(`p${i}`, `s${i}`), created_at })
  }
}

async function idsOf(journal: Journal, page: ListPage): Promise<[string[], string[]]> {
  const sessions = await journal.listSessions(page)
  const { after } = page
  const theirs = after && { ...after, id: after.id.replace('s', 'p') }
  const projects = await journal.listProjects({ ...page, after: theirs })
  return [sessions.map((one) => one.session_id), projects.map((one) => one.project_id)]
}

export function listSuite(open: OpenJournal): void {
  describe('lists', () => {
    test('a page begins after the one named and holds as many as asked for', async () => {
      await using opened = await open()
      const { journal } = opened
      await fill(journal)
      expect(await idsOf(journal, { limit: 4 })).toEqual([
        ['s0', 's1', 's2', 's3'],
        ['p0', 'p1', 'p2', 'p3'],
      ])
      // s3 and s2 are of the same moment: the id decides.
      const after = { created_at: '2026-01-02T00:00:00.000Z', id: 's2' }
      expect(await idsOf(journal, { limit: 2, after })).toEqual([
        ['s3', 's4'],
        ['p3', 'p4'],
      ])
    })

    test('a page of one actor holds the sessions of their memberships and those named', async () => {
      await using opened = await open()
      const { journal } = opened
      await fill(journal)
      const of = { actor_id: 'ann', session_ids: ['s1', 'unknown'] }
      expect(await idsOf(journal, { limit: 10, of })).toEqual([
        ['s0', 's1', 's2', 's4'],
        ['p0', 'p1', 'p2', 'p4'],
      ])
      const none = { actor_id: 'nobody', session_ids: [] }
      expect(await idsOf(journal, { limit: 10, of: none })).toEqual([[], []])
      await journal.deleteMember('s0', 'ann')
      const [left] = await idsOf(journal, { limit: 1, of })
      expect(left).toEqual(['s1'])
    })

    test('a session is described without its history, with its last seq', async () => {
      await using opened = await open()
      const { journal } = opened
      expect(await journal.findSession('s')).toBeUndefined()
      await journal.createSession(session('s'))
      expect(await journal.findSession('s')).toEqual({ ...session('s'), seq: 0 })
      await journal.append([batch('s', 0, 3)])
      expect(await journal.findSession('s')).toEqual({ ...session('s'), seq: 3 })
      const again = await opened.reopen()
      expect(await again.findSession('s')).toEqual({ ...session('s'), seq: 3 })
    })

    test('a project is described without its envelope', async () => {
      await using opened = await open()
      const { journal } = opened
      expect(await journal.findProject('p')).toBeUndefined()
      await journal.createProject(project('p', 's'))
      const { envelope: _, ...listed } = project('p', 's')
      expect(await journal.findProject('p')).toEqual(listed)
    })

    test('what somebody created counts as theirs until it is deleted, whoever owns it', async () => {
      await using opened = await open()
      const { journal } = opened
      await fill(journal)
      await journal.createSession(session('nobody'))
      await journal.deleteMember('s0', 'ann')
      expect(await journal.countCreated('ann')).toBe(3)
      await journal.deleteSession('s0')
      expect(await journal.countCreated('none')).toBe(0)
      expect(await (await opened.reopen()).countCreated('ann')).toBe(2)
    })

    test('an id that a project is bound to is reserved for that project', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'), owner('ann'))
      await journal.createProject(project('p', 's'))
      await journal.deleteSession('s')
      expect(await journal.createSession(session('s'), owner('eve'))).toBe('reserved')
      const other = { ...session('s'), project_id: 'q' }
      expect(await journal.createSession(other, owner('eve'))).toBe('reserved')
      expect(await journal.members('s')).toEqual([])
      const own = { ...session('s'), project_id: 'p' }
      expect(await journal.createSession(own, owner('ann'))).toBe('created')
      await journal.deleteSession('s')
      // Without owners, as in development, nobody could take anything.
      expect(await journal.createSession(session('s'))).toBe('created')
    })
  })
}
