import { ACCESS_TABLE } from '@talus/protocol'
import { expect, test } from 'vitest'
import { waysTo } from './access/asking.js'
import { newScene } from './access/scene.js'
import { createMemoryJournal, type Journal } from '../src/journal/index.js'
import { quickApp } from './harness.js'
import { bearer, SECRET } from './tokens.js'

/** What costs as much as a session or a document is large; the rest are look-ups. */
const LOADS = ['loadSession', 'entriesAfter', 'savedDocument', 'getProject'] as const

/** A journal that says what was loaded. */
function counted(): { journal: Journal; loads: string[] } {
  const real = createMemoryJournal()
  const loads: string[] = []
  const journal = { ...real }
  for (const method of LOADS) {
    const call = real[method] as (...args: unknown[]) => unknown
    Object.assign(journal, {
      [method]: (...args: unknown[]) => {
        loads.push(method)
        return call(...args)
      },
    })
  }
  return { journal, loads }
}

test('[AUTH10] nothing is loaded for somebody without a role, by any route or event', async () => {
  const { journal, loads } = counted()
  const args = ['--jwt-secret', SECRET, '--admins', 'administrator']
  const first = await quickApp({ journal, args })
  const scene = await newScene(first)
  await first.close()
  // Another server on the same data: nothing is in memory.
  await using app = await quickApp({ journal: { ...journal }, args })
  const rows = ACCESS_TABLE.filter(({ outcomes }) => outcomes.stranger !== 'allowed')
  expect(rows.length).toBeGreaterThan(40)
  for (const { subject, elevated } of rows) {
    for (const visitor of ['stranger', 'nobody'] as const) {
      loads.length = 0
      const as = scene.visitors[visitor]
      for (const way of waysTo(subject, elevated)) {
        const { outcome } = await way({ app, scene, as, onEntered: async () => undefined })
        expect(outcome).not.toBe('allowed')
      }
      expect([subject, visitor, loads]).toEqual([subject, visitor, []])
    }
  }
  // The id of somebody else's session, and a project loaded into it, are no way in either.
  const { session_id } = scene
  const by = await bearer('stranger')
  loads.length = 0
  expect((await app.api('POST', '/sessions', { session_id }, by)).status).toBe(403)
  expect((await app.api('GET', '/sessions', undefined, by)).body.sessions).toEqual([])
  expect((await app.api('GET', '/projects', undefined, by)).body.projects).toEqual([])
  expect(loads).toEqual([])
  const mine = await app.api(
    'POST',
    '/projects/import',
    { graph: { nodes: [{ id: 'a', type: 't' }] } },
    by,
  )
  loads.length = 0
  const path = `/projects/${String(mine.body.project_id)}/load`
  expect((await app.api('POST', path, { session_id }, by)).status).toBe(403)
  expect(loads).toEqual([])
})
