import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isWithoutBrowser } from '../../../packages/client/test/browser/chromium.js'
import { barriers, row, SECRET, Stage, tokenOf } from './stage.js'

const stage = new Stage()

const FILE = {
  graph: {
    nodes: [
      { id: 'a', type: 'phase', name: 'Post-production', children: ['b'] },
      { id: 'b', type: 'task', name: 'Cut the trailer' },
    ],
  },
}

/** What else there is, and what shows that it is there; the last one has the palette. */
const PAGES = [
  ['server', '.chart canvas'],
  ['s/ID?view=table&by=shot', '.table-rows .cell'],
  ['s/ID?view=board&by=status', '.board-card'],
  ['s/ID/members', '.members li'],
  ['s/ID/history', '.past-row'],
  ['s/ID/log', '.event-line'],
] as const

/** `pnpm test:long` tries all screens; `pnpm test` the smallest, light, and the widest, dark. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'

const SCREENS = [360, 768, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((theme) => [width, theme] as const),
)

describe.skipIf(isWithoutBrowser())('the start page', () => {
  stage.set()

  test('makes a project from a template, and lists it afterwards with who is there', async () => {
    const { page, troubles } = await stage.visitor()
    await page.goto(stage.url)
    await page.getByRole('button', { name: /Film Production/ }).click()
    await page.getByLabel('Project name').fill('Night Train')
    await page.getByRole('button', { name: 'Create project' }).click()
    await row(page, 'Night Train').waitFor()
    const { page: other } = await stage.visitor({ name: 'Bob Stone' })
    await other.goto(page.url())
    await row(other, 'Night Train').waitFor()
    await page.getByRole('link', { name: 'Start page' }).click()
    await page.getByRole('link', { name: /Night Train/ }).waitFor()
    await page.getByText('1 here now').waitFor()
    expect(troubles).toEqual([])
  })

  test('imports a file that is dropped, and one that is chosen', async () => {
    const { page, troubles } = await stage.visitor()
    await page.goto(stage.url)
    const text = JSON.stringify(FILE)
    const dropped = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([content], 'trailer.json', { type: 'application/json' }))
      return transfer
    }, text)
    await page.locator('.drop-zone').dispatchEvent('drop', { dataTransfer: dropped })
    await row(page, 'Cut the trailer').waitFor()
    await page.getByRole('link', { name: 'Start page' }).click()
    await page.locator('input[type=file]').setInputFiles({
      name: 'other.json',
      mimeType: 'application/json',
      buffer: Buffer.from(text),
    })
    await row(page, 'Cut the trailer').waitFor()
    await page.getByRole('link', { name: 'Start page' }).click()
    await page.locator('input[type=file]').setInputFiles({
      name: 'wrong.json',
      mimeType: 'application/json',
      buffer: Buffer.from('no JSON'),
    })
    await page.getByText('The file is no JSON').waitFor()
    expect(troubles).toEqual([])
  })

  test('opens a session by its id, and by a link', async () => {
    const { session_id } = await stage.film()
    const { page } = await stage.visitor()
    await page.goto(stage.url)
    const field = page.getByLabel('Session id or share link')
    await field.fill('two words')
    await field.press('Enter')
    await page.getByText('Expected the id of a session').waitFor()
    await field.fill(session_id)
    await field.press('Enter')
    await row(page, 'Opening').waitFor()
    const link = page.url()
    await page.goto(stage.url)
    await field.fill(link)
    await field.press('Enter')
    await row(page, 'Opening').waitFor()
    expect(page.url()).toBe(link)
  })

  test.each(IS_WHOLE ? SCREENS : [...SCREENS.slice(0, 1), ...SCREENS.slice(-1)])(
    '%i px wide, %s: axe finds nothing serious on any page, and none is wider than the screen',
    async (width, colorScheme) => {
      const { session_id } = await stage.film()
      const { page } = await stage.visitor({ viewport: { width, height: 800 }, colorScheme })
      const faults: unknown[] = []
      const look = async (what: string) => {
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        const found = await barriers(page)
        if (beyond > 0 || found.length > 0) faults.push([what, beyond, found])
      }
      await page.goto(stage.url)
      await page.locator('.small-diagram').nth(1).waitFor()
      await look('start')
      await page.getByRole('button', { name: /Film Production/ }).click()
      await page.getByRole('dialog').waitFor()
      await look('new project')
      await page.goto(`${stage.url}/#/templates`)
      await page.locator('.small-diagram').nth(1).waitFor()
      await look('templates')
      await page.getByRole('link', { name: /Film Production/ }).click()
      await page.locator('[data-type=scene]').click()
      await look('template')
      await page.getByRole('tab', { name: 'Edit' }).click()
      await page.getByText('Valid: the server would take it').waitFor()
      await look('template, YAML')
      await page.goto(`${stage.url}/#/try?session=${session_id}`)
      await page.getByRole('button', { name: 'Preview' }).click()
      await page.getByText('Preview: nothing was changed').waitFor()
      await look('console')
      await page.getByRole('tab', { name: 'JSON' }).click()
      await page.getByRole('textbox', { name: 'Request as JSON' }).waitFor()
      await look('console, JSON')
      await page.goto(`${stage.url}/#/s/${session_id}`)
      await row(page, 'Wide').click()
      await look('tree')
      if (width < 768) {
        for (const pane of ['Details', 'Activity']) {
          await page.getByRole('button', { name: pane, exact: true }).click()
          await look(pane)
        }
      } else {
        await page.getByRole('button', { name: 'Activity' }).first().click()
        await look('activity')
      }
      for (const [path, sign] of PAGES) {
        await page.goto(`${stage.url}/#/${path.replace('ID', session_id)}`)
        await page.locator(sign).first().waitFor()
        await look(path)
      }
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').waitFor()
      await look('palette')
      expect(faults).toEqual([])
    },
  )
})

describe.skipIf(isWithoutBrowser())('where the server wants to know who people are', () => {
  const guarded = new Stage({ settings: { jwtSecret: SECRET } }).set()

  test('a token signs in, and signing out forgets it', async () => {
    const { page } = await guarded.visitor()
    await page.goto(guarded.url)
    await page.getByText('This server wants to know who you are.').waitFor()
    await page.getByLabel('JSON Web Token').fill('no token')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The server did not accept the token').waitFor()
    await page.getByLabel('JSON Web Token').fill(tokenOf('ann', 'Ann Lee'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: /Film Production/ }).click()
    await page.getByRole('button', { name: 'Create project' }).click()
    await page.locator('.standing.live').waitFor()
    await page.reload()
    await page.locator('.standing.live').waitFor()
    await page.getByRole('button', { name: 'You are Ann Lee' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByText('Sign in to open this session').waitFor()
    expect(await page.evaluate(() => sessionStorage.getItem('talus-studio-token'))).toBeNull()
  })

  test('a viewer by a share link sees everything and is offered no change', async () => {
    const token = tokenOf('ann', 'Ann Lee')
    const { session_id } = await guarded.server.createSession({
      template: 'film-production',
      token,
    })
    const answer = await fetch(`${guarded.url}/api/v1/sessions/${session_id}/share-links`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ role: 'viewer' }),
    })
    const { token: share } = (await answer.json()) as { token: string }
    const { page } = await guarded.visitor()
    await page.goto(`${guarded.url}/#/s/${session_id}?share=${encodeURIComponent(share)}`)
    await page.getByText('Read only').waitFor()
    expect(await page.getByRole('button', { name: 'Add' }).count()).toBe(0)
    expect(await page.getByLabel('Slate Prefix').getAttribute('readonly')).not.toBeNull()
  })
})

test('the page is at most 250 kB gzipped, with the work page and all that it loads at once', async () => {
  const { gzipSync } = await import('node:zlib')
  const built = new URL('../dist/', import.meta.url)
  type Chunk = { file: string; imports?: string[]; css?: string[] }
  const manifest = JSON.parse(
    readFileSync(new URL('site/.vite/manifest.json', built), 'utf8'),
  ) as Record<string, Chunk>
  const first = new Set(['index.html', 'src/session/session-page.tsx', 'src/work/workplace.tsx'])
  for (const name of first) for (const next of manifest[name]?.imports ?? []) first.add(next)
  const files = new Set(
    [...first].flatMap((name) => [manifest[name]?.file ?? name, ...(manifest[name]?.css ?? [])]),
  )
  expect(files.size).toBeGreaterThan(2)
  const bytes = [...files].map(
    (file) => gzipSync(readFileSync(new URL(`site/${file}`, built))).length,
  )
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(250_000)
})
