import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { isWithoutBrowser } from '../../../packages/client/test/browser/chromium.js'
import { row, Stage } from './stage.js'

const stage = new Stage()

/** What somebody does by hand, counted. */
class Hands {
  clicks = 0
  words = 0

  async click(target: Locator): Promise<void> {
    this.clicks += 1
    await target.click()
  }

  async type(page: Page, text: string): Promise<void> {
    this.words += text.split(' ').length
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }
}

describe.skipIf(isWithoutBrowser())('a newcomer', () => {
  stage.set()

  test('sees the edit of another, and theirs is seen, after five clicks and two words', async () => {
    const hands = new Hands()
    const { page: ada } = await stage.visitor()
    await ada.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await ada.goto(stage.url)
    await hands.click(ada.getByRole('button', { name: /Film Production/ }))
    // The project has a name, and the keyboard is in it.
    await ada.locator('[role=dialog] input:focus').waitFor()
    await ada.keyboard.press('Enter')
    await row(ada, 'My film production').waitFor()
    await hands.click(ada.getByRole('button', { name: 'Copy a link to this session' }))
    await ada.getByText('The link is copied', { exact: true }).waitFor()
    const link = await ada.evaluate(() => navigator.clipboard.readText())

    const { page: bob } = await stage.visitor({ name: 'Bob Stone' })
    await bob.goto(link)
    await row(bob, 'My film production').waitFor()
    await ada.getByRole('button', { name: '1 other is here' }).waitFor()

    await hands.click(ada.getByRole('button', { name: 'Add' }))
    await hands.click(ada.getByRole('menuitem', { name: 'Scene' }))
    await ada.locator('.rename:focus').waitFor()
    await hands.type(ada, 'Opening')
    await row(bob, 'Opening').waitFor()

    await hands.click(row(bob, 'Opening'))
    await bob.keyboard.press('F2')
    await bob.locator('.rename:focus').waitFor()
    await hands.type(bob, 'Finale')
    await row(ada, 'Finale').waitFor()
    expect({ clicks: hands.clicks, words: hands.words }).toEqual({ clicks: 5, words: 2 })
  })
})
