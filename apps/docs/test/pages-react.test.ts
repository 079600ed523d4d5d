import type { Page as Tab } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  HANGS_AFTER_MS,
  isWithoutBrowser,
  launchChromium,
} from '../../../packages/client/test/browser/chromium.js'
import { pages } from './pages/page.js'
import { Scratch } from './pages/scratch.js'
import { Story } from './pages/story.js'

const page = pages.find(({ name }) => name === 'start/react')
if (!page) throw new Error('There is no page start/react')

const names = (tab: Tab) =>
  tab
    .locator('li input')
    .evaluateAll((inputs) => inputs.map((input) => Reflect.get(input, 'value')))

/** Waits until both tabs show these names. */
async function bothShow(tabs: readonly Tab[], expected: string[]): Promise<void> {
  await expect.poll(() => Promise.all(tabs.map(names))).toEqual(tabs.map(() => expected))
}

describe.skipIf(isWithoutBrowser())('the page of start/react', () => {
  test('is edited by two at once, with undo of one’s own and presence', async () => {
    await using scratch = await Scratch.create()
    await using story = new Story(page, scratch)
    await story.run()
    const browser = await launchChromium()
    try {
      const troubles: string[] = []
      const open = async (who: string) => {
        const tab = await (await browser.newContext()).newPage()
        tab.setDefaultTimeout(HANGS_AFTER_MS)
        tab.on('pageerror', ({ message }) => troubles.push(message))
        await tab.goto(`http://localhost:${scratch.port('8000')}/?${who}`)
        await tab.getByText('live').waitFor()
        return tab
      }
      const [ann, bob] = [await open('ann'), await open('bob')]
      const both = [ann, bob]
      await ann.getByText('Add').click()
      await bothShow(both, ['New scene'])
      await bob.getByText('Add').click()
      await bothShow(both, ['New scene', 'New scene'])
      await ann.locator('li input').nth(0).fill('Opening')
      await bob.locator('li input').nth(1).fill('Finale')
      await bothShow(both, ['Opening', 'Finale'])
      await ann.getByText('bob is here').waitFor()
      await bob.getByText('ann is here').waitFor()
      await ann.getByText('Undo').click()
      await bothShow(both, ['New scene', 'Finale'])
      await ann.getByText('Redo').click()
      await bothShow(both, ['Opening', 'Finale'])
      await bob.locator('li').nth(1).getByText('Delete').click()
      await bothShow(both, ['Opening'])
      expect(troubles).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
