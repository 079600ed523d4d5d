import { describe, expect, test } from 'vitest'
import { project, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

export function projectSuite(open: OpenJournal): void {
  describe('projects', () => {
    test('a project is stored and its session points at it', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      await opened.journal.createProject(project('p', 's'))
      const journal = await opened.reopen()
      expect(await journal.getProject('p')).toEqual(project('p', 's'))
      expect((await journal.loadSession('s'))?.record.project_id).toBe('p')
    })

    test('a project id is taken once', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.createSession(session('t'))
      await journal.createProject(project('p', 's'))
      await expect(journal.createProject(project('p', 't'))).rejects.toThrow('exists already')
      expect(await journal.getProject('p')).toEqual(project('p', 's'))
      expect((await journal.loadSession('t'))?.record.project_id).toBeNull()
    })

    test('the list is ordered by age, then by id, and leaves the envelopes out', async () => {
      await using opened = await open()
      const { journal } = opened
      const older = { ...project('z', 's'), created_at: '2025-01-01T00:00:00.000Z' }
      for (const each of [project('b', 's'), project('a', 's'), older]) {
        await journal.createProject(each)
      }
      const listed = await journal.listProjects()
      expect(listed.map(({ project_id }) => project_id)).toEqual(['z', 'a', 'b'])
      const { envelope: _, ...rest } = older
      expect(listed[0]).toEqual(rest)
    })

    test('saving replaces the document and moves saved_at and saved_seq', async () => {
      await using opened = await open()
      await opened.journal.createProject(project('p', 's'))
      expect(await opened.journal.savedDocument('p')).toBeUndefined()
      const first = Array.from({ length: 12 }, (_, i) => `part ${i}`)
      expect(
        await opened.journal.saveProject('p', { saved_at: 't1', saved_seq: 4, document: first }),
      ).toBe(true)
      expect(await opened.journal.savedDocument('p')).toEqual(first)
      await opened.journal.saveProject('p', { saved_at: 't2', saved_seq: 9, document: ['x'] })
      const journal = await opened.reopen()
      expect(await journal.savedDocument('p')).toEqual(['x'])
      expect(await journal.getProject('p')).toEqual({
        ...project('p', 's'),
        saved_at: 't2',
        saved_seq: 9,
      })
    })

    test('a document without parts is a saved one', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createProject(project('p', 's'))
      await journal.saveProject('p', { saved_at: 't1', saved_seq: 0, document: [] })
      expect(await journal.savedDocument('p')).toEqual([])
    })

    test('an unknown project is nowhere', async () => {
      await using opened = await open()
      const { journal } = opened
      const saved = { saved_at: 't1', saved_seq: 0, document: ['x'] }
      expect(await journal.saveProject('p', saved)).toBe(false)
      expect(await journal.getProject('p')).toBeUndefined()
      expect(await journal.savedDocument('p')).toBeUndefined()
      expect(await journal.deleteProject('p')).toBe(false)
    })

    test('a deleted project takes its document along and leaves its session', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      await opened.journal.createProject(project('p', 's'))
      await opened.journal.saveProject('p', { saved_at: 't1', saved_seq: 0, document: ['x'] })
      expect(await opened.journal.deleteProject('p')).toBe(true)
      const journal = await opened.reopen()
      expect(await journal.getProject('p')).toBeUndefined()
      expect((await journal.loadSession('s'))?.record).toEqual(session('s'))
      await journal.createProject(project('p', 's'))
      expect(await journal.savedDocument('p')).toBeUndefined()
    })
  })
}
