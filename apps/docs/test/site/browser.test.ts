import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { isWithoutBrowser } from '../../../../packages/client/test/browser/chromium.js'
import { faultsOfKinds, faultsOfOverlays, KINDS, NARROW, search, stage, WIDE } from './stage.js'

describe.skipIf(isWithoutBrowser())('in Chromium', () => {
  const stand = stage()
  const { open } = stand

  describe.each([
    ['a real server', () => `${stand.server.url}/docs/`, { ...KINDS, section: '', guide: '' }],
    ['a plain file server, in a folder', () => stand.files.url, KINDS],
  ])('from %s', (_name, urlOf, kinds) => {
    test('every kind of page keeps its policy, and asks nobody else for anything', async () => {
      const { page, troubles, asked } = await open()
      for (const path of Object.values(kinds)) {
        const answer = await page.goto(urlOf() + path)
        expect([path, answer?.status()]).toEqual([path, 200])
      }
      await search(page, 'UNDO3')
      expect(troubles).toEqual([])
      expect(asked.filter((url) => !url.startsWith(urlOf()))).toEqual([])
      expect(asked.filter((url) => url.endsWith('search-index.json'))).toHaveLength(1)
    })

    test('the policy is in force', async () => {
      const { page, troubles } = await open()
      await page.goto(urlOf())
      await page.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'document.title = "taken over"'
        document.body.append(script)
      })
      expect(await page.title()).not.toBe('taken over')
      expect(troubles.join()).toMatch(/Content Security Policy/)
    })
  })

  test('the address without a slash leads to the landing page, also to a browser', async () => {
    const { page } = await open()
    await page.goto(`${stand.server.url}/docs`)
    expect(page.url()).toBe(`${stand.server.url}/docs/`)
    await page.click('text=Reference >> nth=0')
    expect(page.url()).toBe(`${stand.server.url}/docs/reference/`)
  })

  // `pnpm test:long` looks at both, in each width and theme.
  test('axe finds nothing serious on any kind of page, and none is wider than a small screen', async () => {
    const { page } = await open({ viewport: NARROW, colorScheme: 'light' })
    expect(await faultsOfKinds(page, stand.files.url)).toEqual([])
  })

  test('axe finds nothing serious in what opens over a page in the dark', async () => {
    const { page } = await open({ viewport: NARROW, colorScheme: 'dark' })
    expect(await faultsOfOverlays(page, stand.files.url)).toEqual([])
  })

  describe('search', () => {
    test('the first result is what was asked for, and Enter goes there', async () => {
      const { page } = await open()
      for (const [query, title, place] of [
        ['undo_command', 'undo_command', /\/reference\/requests\/undo_command\/$/],
        ['STORAGE_UNAVAILABLE', 'STORAGE_UNAVAILABLE', /\/errors\/STORAGE_UNAVAILABLE\/$/],
        ['storage unavail', 'STORAGE_UNAVAILABLE', /\/errors\/STORAGE_UNAVAILABLE\/$/],
        ['UNDO3', 'UNDO3', /\/reference\/rules\/#UNDO3$/],
        ['resume', 'Resume', /#resume$/],
        ['createnode', 'CreateNode', /\/commands\/CreateNode\/$/],
        ['command:executed', 'command:executed', /\/(graph-)?events\/command-executed\/$/],
        ['GET /graph', 'GET /graph', /\/routes\/get-graph\/$/],
        ['useUndo', 'useUndo', /\/reference\/sdk-react\/useUndo\/$/],
        ['session.flush()', 'Session.flush', /\/reference\/sdk\/Session\/#flush$/],
        ['graph.node', 'SessionGraph.node', /\/reference\/sdk\/SessionGraph\/#node$/],
        ['fileStore', 'fileStore', /\/reference\/sdk-node\/fileStore\/$/],
        ['connect', 'connect', /\/reference\/sdk\/connect\/$/],
        ['ackTimeoutMs', 'ClientOptions.ackTimeoutMs', /\/sdk\/ClientOptions\/#ackTimeoutMs$/],
      ] as const) {
        // Two queries lead to one page; only from another page does its address tell that Enter went there.
        await page.goto(`${stand.files.url}reference/models/Node/`)
        const [first] = await search(page, query)
        expect([query, first]).toEqual([query, title])
        await page.keyboard.press('Enter')
        await page.waitForURL(place)
        expect([query, await page.locator('h1').count()]).toEqual([query, 1])
      }
    })

    test('is loaded when somebody asks for it, and not before', async () => {
      const { page, asked } = await open()
      await page.goto(stand.files.url)
      expect(asked.filter((url) => /search/.test(url))).toEqual([])
      await search(page, 'undo')
      expect(asked.filter((url) => /search/.test(url))).toHaveLength(2)
    })

    test('arrow keys go through the results and back, Escape leaves where one was', async () => {
      const { page } = await open()
      await page.goto(stand.files.url)
      await page.locator('.search-open').focus()
      await page.keyboard.press('Enter')
      await page.locator('#site-search input').fill('undo')
      await page.locator('.search-results a').first().waitFor()
      const focused = () => page.evaluate(() => document.activeElement?.textContent)
      const results = await page.locator('.search-results a').allTextContents()
      await page.keyboard.press('ArrowDown')
      expect(await focused()).toBe(results[0])
      await page.keyboard.press('ArrowDown')
      expect(await focused()).toBe(results[1])
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('ArrowUp')
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
      await page.keyboard.press('Escape')
      expect(await page.locator('#site-search').isVisible()).toBe(false)
      expect(await page.evaluate(() => document.activeElement?.className)).toContain('search-open')
    })

    test('what it has found is told, and so is that it has found nothing', async () => {
      const { page } = await open()
      await page.goto(stand.files.url)
      await search(page, 'undo')
      const status = page.locator('.search-status')
      expect(await status.getAttribute('aria-live')).toBe('polite')
      expect(await status.textContent()).toMatch(/^\d+ results$/)
      expect(await search(page, 'zzzz')).toEqual([])
      expect(await status.textContent()).toContain('Nothing found for “zzzz”')
    })

    test('a slash that somebody types is a slash', async () => {
      const { page } = await open()
      await page.goto(stand.files.url)
      await search(page, 'GET ')
      await page.keyboard.press('End')
      await page.keyboard.type('/graph')
      expect(await page.locator('#site-search input').inputValue()).toBe('GET /graph')
    })
  })

  describe('by keyboard alone', () => {
    const focused = (page: Page) =>
      page.evaluate(() => {
        const { activeElement } = document
        const name = activeElement?.getAttribute('aria-label') ?? activeElement?.textContent
        return name?.trim() ?? ''
      })

    test('the first stop leads to the content', async () => {
      const { page } = await open()
      await page.goto(`${stand.files.url}guides/everything/`)
      await page.keyboard.press('Tab')
      expect(await focused(page)).toBe('Skip to the content')
      const box = await page.locator('.skip').boundingBox()
      expect(box?.y).toBeGreaterThanOrEqual(0)
      await page.keyboard.press('Enter')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('site-content')
    })

    test('every stop shows that it has the focus', async () => {
      const { page } = await open()
      await page.goto(`${stand.files.url}guides/everything/`)
      const bare: string[] = []
      const seen = new Set<string>()
      for (let stop = 0; stop < 400; stop += 1) {
        await page.keyboard.press('Tab')
        const { key, isShown, isEnd } = await page.evaluate(() => {
          const element = document.activeElement
          if (!element || element === document.body) return { key: '', isShown: true, isEnd: true }
          const { outlineStyle, outlineWidth } = getComputedStyle(element)
          const isShown = outlineStyle !== 'none' && outlineWidth !== '0px'
          return { key: element.outerHTML.slice(0, 120), isShown, isEnd: false }
        })
        if (isEnd) break
        seen.add(key)
        if (!isShown) bare.push(key)
      }
      expect(seen.size).toBeGreaterThan(20)
      expect(bare).toEqual([])
    })

    test('on a small screen a button opens the list of pages, and Escape closes it', async () => {
      const { page } = await open({ viewport: NARROW })
      await page.goto(`${stand.files.url}reference/commands/CreateNode/`)
      const list = page.locator('#site-nav')
      expect(await list.isVisible()).toBe(false)
      await page.locator('button.menu').focus()
      await page.keyboard.press('Enter')
      expect(await list.isVisible()).toBe(true)
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.closest('nav')?.id)).toBe('site-nav')
      await page.keyboard.press('Escape')
      expect(await list.isVisible()).toBe(false)
      expect(await focused(page)).toBe('Menu')
    })

    test('arrow keys choose a language, in all groups and on the next page too', async () => {
      const { page } = await open()
      await page.goto(`${stand.files.url}guides/everything/`)
      const chosen = () => page.locator('[role=tab][aria-selected=true]').allTextContents()
      expect(await chosen()).toEqual(['TypeScript', 'JavaScript'])
      await page.locator('[role=tab]').first().focus()
      await page.keyboard.press('ArrowRight')
      expect(await chosen()).toEqual(['JavaScript', 'JavaScript'])
      expect(await focused(page)).toBe('JavaScript')
      await page.keyboard.press('ArrowRight')
      expect(await page.locator('.panel:visible').first().textContent()).toContain('third')
      await page.goto(`${stand.files.url}reference/commands/CreateNode/`)
      expect(await chosen()).toEqual(['Python'])
    })
  })

  test('the theme is that of the system until somebody chooses, and is remembered', async () => {
    const { page } = await open({ colorScheme: 'dark' })
    await page.goto(stand.files.url)
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const dark = await ground()
    await page.locator('button.theme').click()
    expect(await page.locator('button.theme').getAttribute('aria-label')).toContain('light')
    const light = await ground()
    expect(light).not.toBe(dark)
    await page.goto(`${stand.files.url}reference/`)
    expect(await ground()).toBe(light)
    await page.locator('button.theme').click()
    expect(await ground()).toBe(dark)
  })

  test('code is copied as it is', async () => {
    const { page } = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
    await page.goto(`${stand.files.url}guides/everything/`)
    await page.locator('figure.code', { hasText: 'server.ts' }).hover()
    await page.locator('figure.code', { hasText: 'server.ts' }).locator('.copy').click()
    await page.locator('.copy', { hasText: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'const value: number = 1 < 2 ? 3 : 4\nconsole.log(`<script>${value}</script>`)',
    )
  })

  test('a field is led to by its own link', async () => {
    const { page } = await open()
    await page.goto(`${stand.files.url}reference/requests/join_session/#payload.last_seq`)
    const row = page.locator('tr:target')
    expect(await row.locator('th').textContent()).toBe('last_seq')
    expect((await row.boundingBox())?.y).toBeLessThan(WIDE.height)
  })

  describe('without scripts', () => {
    test.each([
      ['wide', WIDE],
      ['narrow', NARROW],
    ])('everything can be read, and reached, %s', async (_name, viewport) => {
      const { page } = await open({ javaScriptEnabled: false, viewport })
      await page.goto(`${stand.files.url}guides/everything/`)
      for (const text of ["'first'", "'second'", '"third"']) {
        expect(await page.getByText(text).isVisible()).toBe(true)
      }
      expect(await page.locator('.search-open').isVisible()).toBe(false)
      const menu = page.locator('button.menu')
      if (await menu.isVisible()) await menu.click()
      await page.locator('#site-nav').getByText('Later in the section').click()
      expect(page.url()).toBe(`${stand.files.url}guides/later/`)
    })
  })
})
