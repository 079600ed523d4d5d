import { expect, test } from 'vitest'
import { createMemoryJournal, type Journal } from '../src/journal/index.js'
import { quickApp, type TestApp } from './harness.js'
import { bearer, SECRET } from './tokens.js'

/** A session goes at the very moment at which something of it is written. */
function deletedBefore(method: 'putMember' | 'createShareLink'): Journal {
  const journal = createMemoryJournal()
  return {
    ...journal,
    async putMember(session_id, member) {
      if (method === 'putMember') await journal.deleteSession(session_id)
      return journal.putMember(session_id, member)
    },
    async createShareLink(link) {
      if (method === 'createShareLink') await journal.deleteSession(link.session_id)
      return journal.createShareLink(link)
    },
  }
}

/** The first session that is created goes before its creator has been answered. */
function deletedOnce(): Journal {
  const journal = createMemoryJournal()
  let times = 0
  return {
    ...journal,
    async createSession(record, owner) {
      const outcome = await journal.createSession(record, owner)
      times += 1
      if (times === 1) await journal.deleteSession(record.session_id)
      return outcome
    },
  }
}

const startOver = (journal: Journal): Promise<TestApp> =>
  quickApp({ journal, args: ['--jwt-secret', SECRET] })

test.each([
  ['putMember', 'PUT', 'members/ben', { role: 'viewer' }],
  ['createShareLink', 'POST', 'share-links', { role: 'viewer' }],
] as const)(
  '[AUTH3] [AUTH5] a session that goes before %s is not found; no fault of the storage',
  async (method, verb, place, body) => {
    await using app = await startOver(deletedBefore(method))
    const ann = await bearer('ann')
    await app.api('POST', '/sessions', { session_id: 's' }, ann)
    const answer = await app.api(verb, `/sessions/s/${place}`, body, ann)
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'SESSION_NOT_FOUND' } } })
  },
)

test('[AUTH3] who creates a session that somebody deletes meanwhile gets a new one', async () => {
  await using app = await startOver(deletedOnce())
  const ann = await bearer('ann')
  const made = await app.api('POST', '/sessions', { session_id: 's' }, ann)
  expect(made).toMatchObject({ status: 201, body: { session_id: 's' } })
  expect((await app.api('GET', '/sessions/s', undefined, ann)).status).toBe(200)
})
