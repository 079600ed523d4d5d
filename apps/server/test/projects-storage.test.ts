import { describe, expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import type { Journal } from '../src/journal/journal.js'
import { createMemoryJournal } from '../src/journal/memory.js'
import { testApp } from './harness.js'
import { NEW_FILM, refusal } from './projects-steps.js'

describe('when the storage fails', () => {
  function failing(methods: (keyof Journal)[]): Journal {
    const journal = createMemoryJournal()
    const fail = () => Promise.reject(new StorageError('disk full'))
    return Object.assign(journal, Object.fromEntries(methods.map((name) => [name, fail])))
  }

  test.each([['createProject'], ['saveProject'], ['append']] as const)(
    'in %s, nothing of a new project is left',
    async (method) => {
      await using app = await testApp({ journal: failing([method]) })
      const answer = await app.api('POST', '/projects', NEW_FILM)
      expect(answer).toMatchObject(refusal(503, 'STORAGE_UNAVAILABLE'))
      expect((await app.api('GET', '/projects')).body).toMatchObject({ projects: [] })
      expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
    },
  )

  test.each([
    ['GET', '/projects', 'listProjects'],
    ['GET', '/projects/p', 'findProject'],
  ] as const)('%s %s says so', async (method, path, name) => {
    await using app = await testApp({ journal: failing([name]) })
    expect(await app.api(method, path)).toMatchObject(refusal(503, 'STORAGE_UNAVAILABLE'))
  })
})
