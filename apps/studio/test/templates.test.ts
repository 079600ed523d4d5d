import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { isWithoutBrowser } from '../../../packages/client/test/browser/chromium.js'
import { row, Stage } from './stage.js'

const stage = new Stage()

const yaml = (text: string) => ({
  name: 'film.yaml',
  mimeType: 'application/yaml',
  buffer: Buffer.from(text),
})

describe.skipIf(isWithoutBrowser())('the pages of templates', () => {
  stage.set()

  test('a template: looked at by keyboard, edited, checked, held against a session, downloaded', async () => {
    const { session_id } = await stage.film()
    const { page } = await stage.visitor()
    await page.goto(stage.url)
    await page.getByRole('link', { name: 'Templates' }).click()
    await page.getByRole('link', { name: /Film Production/ }).click()

    await page.locator('[data-type=film]').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowRight')
    const chosen = page.locator('.diagram-type[aria-pressed=true]')
    const described = await chosen.evaluate((one) => [
      one === document.activeElement,
      document.getElementById(one.getAttribute('aria-describedby') ?? '')?.textContent,
      one.querySelector('.type-name')?.textContent,
    ])
    expect(described).toEqual([true, expect.stringContaining('; below Film'), expect.any(String)])
    await page.getByRole('heading', { name: `${described[2]}` }).waitFor()

    // What the server has filled in does not stand in the text.
    await page.getByRole('tab', { name: 'Edit' }).click()
    await page.getByText('Valid: the server would take it').waitFor()
    const downloaded = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    const text = await readFile(await (await downloaded).path(), 'utf8')
    expect(text).not.toContain('uuid')
    expect(await stage.api.validateTemplate({ template: text })).toMatchObject({ valid: true })

    const file = page.locator('input[type=file]')
    await file.setInputFiles(yaml(text.replace('id: scene', 'id: film')))
    await page.getByText(/line \d+, column \d+: .*the id 'film' is used twice/).click()
    await page.locator('.cm-lint-marker-error').first().waitFor()
    await file.setInputFiles(yaml('node_types: [oh: ['))
    await page.getByText(/line 1, column \d+: The template is not valid YAML/).waitFor()

    const [before = '', after = ''] = text.split(/- id: shot\b/)
    await file.setInputFiles(yaml(`${before}- id: take${after}`))
    await page
      .getByText(/Warning|Valid/)
      .first()
      .waitFor()
    await page.locator('[data-type=take]').waitFor()
    await page.getByRole('tab', { name: 'Check a session' }).click()
    await page.getByRole('combobox', { name: 'Session' }).selectOption(session_id)
    await page.getByText('2 of 5 nodes would not fit:').waitFor()
    expect(await page.locator('.misfits li').allTextContents()).toEqual([
      `Wide shot: there is no type 'shot'`,
      `Close shot: there is no type 'shot'`,
    ])

    // What was edited is still there after a reload, until it is discarded.
    await page.reload()
    await page.getByText('Edited, and not saved on the server.').waitFor()
    await page.getByRole('button', { name: 'Discard edits' }).click()
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByLabel('Project name').fill('From its page')
    await page.getByRole('button', { name: 'Create project' }).click()
    await row(page, 'From its page').waitFor()
  })
})
