import { describe, expect, test } from 'vitest'
import { isWithoutBrowser } from '../../../../packages/client/test/browser/chromium.js'
import { readSources } from '../../src/read-sources.js'
import { barriers, faultsOfKinds, faultsOfOverlays, NARROW, stage, WIDE } from './stage.js'

const WIDTHS = [360, 768, 1280]
const THEMES = ['light', 'dark'] as const
const looks = WIDTHS.flatMap((width) => THEMES.map((theme) => [width, theme] as const))

describe.skipIf(isWithoutBrowser())('in Chromium', () => {
  const stand = stage()

  test.each(looks)(
    '%i px wide, %s: axe finds nothing serious on any kind of page, and none is wider than the screen',
    async (width, colorScheme) => {
      const { page } = await stand.open({ viewport: { width, height: 800 }, colorScheme })
      expect(await faultsOfKinds(page, stand.files.url)).toEqual([])
      expect(await faultsOfOverlays(page, stand.files.url)).toEqual([])
    },
  )

  test.each([
    [NARROW, 'light'],
    [WIDE, 'dark'],
  ] as const)(
    '%j, %s: axe finds nothing serious on what people have written',
    async (viewport, colorScheme) => {
      const { page } = await stand.open({ viewport, colorScheme })
      const faults: unknown[] = []
      for (const { section, slug } of readSources().pages) {
        await page.goto(`${stand.server.url}/docs/${section}/${slug}/`)
        const found = await barriers(page)
        if (found.length > 0) faults.push([slug, found])
      }
      expect(faults).toEqual([])
    },
  )
})
