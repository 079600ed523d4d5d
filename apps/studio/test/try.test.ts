import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isWithoutPython, PYTHON } from '../../../examples/test/python-tools.js'
import { isWithoutBrowser } from '../../../packages/client/test/browser/chromium.js'
import { issuesOf, SUBJECTS } from '../src/try/contract.js'
import { exampleOf } from '../src/try/facts.js'
import { row, Stage } from './stage.js'

const stage = new Stage()
const run = promisify(execFile)

/** Below the package: programs find what they import. */
const HERE = fileURLToPath(new URL('./', import.meta.url))

/** The programs that the page offers, by what they are called. */
async function programs(page: Page): Promise<Map<string, string>> {
  const shown = new Map<string, string>()
  const card = page.getByRole('region', { name: 'As a program' })
  for (const tab of await card.getByRole('tab').all()) {
    await tab.click()
    shown.set((await tab.textContent()) ?? '', (await card.locator('pre').textContent()) ?? '')
  }
  return shown
}

/** Runs what was copied as it is, and gives what it printed. */
async function outputs(shown: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(HERE, 'copied-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const runners: [name: string, command: string, file: string][] = [
    ['curl', 'bash', 'copied.sh'],
    ['SDK', process.execPath, 'copied.mjs'],
    ...(isWithoutPython() ? [] : [['Python', PYTHON, 'copied.py'] as [string, string, string]]),
  ]
  const printed = new Map<string, string>()
  for (const [name, command, file] of runners) {
    await writeFile(join(folder, file), shown.get(name) ?? '')
    const { stdout } = await run(command, [join(folder, file)], { cwd: folder })
    printed.set(name, stdout)
  }
  return printed
}

test('every command, event and route begins with an example that the contract takes', () => {
  const nowhere = { project_id: 'p-1', template_id: 'film', actor_id: 'ann', seq: 1 }
  const facts = { ...nowhere, session_id: 'night-train', nodes: [], template: undefined }
  const wrong = SUBJECTS.map((subject) => ({
    name: `${subject.channel} ${subject.name}`,
    issues: issuesOf(subject, exampleOf(subject, facts)),
  })).filter(({ issues }) => issues.length > 0)
  expect(wrong).toEqual([])
  expect(SUBJECTS.length).toBeGreaterThan(50)
})

describe.skipIf(isWithoutBrowser())('the console', () => {
  stage.set()

  test('a command: composed, checked, previewed, sent, seen by everybody, kept, and copied', async () => {
    const { session_id } = await stage.film()
    const { page: bob } = await stage.inSession(session_id, { name: 'Bob Stone' })
    const { page } = await stage.inSession(session_id)
    await page.getByRole('link', { name: 'Try commands on this session' }).click()
    await page.getByText('Valid by the contract').waitFor()

    const name = page.getByLabel('name', { exact: true })
    await name.fill('Made in the console')
    const type = page.getByLabel('blueprint_type_id *')
    const kept = await type.inputValue()
    await type.fill('')
    await page.getByText('/data/blueprint_type_id').waitFor()
    await page.getByRole('button', { name: 'Send anyway' }).click()
    await page.getByText('BAD_REQUEST', { exact: true }).waitFor()
    await type.fill(kept)

    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByText('node-added Made in the console').waitFor()
    expect(await row(bob, 'Made in the console').count()).toBe(0)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await row(bob, 'Made in the console').waitFor()
    const everybody = page.getByRole('region', { name: 'What everybody saw' })
    await everybody.getByText('6 of command').waitFor()
    const seen = await everybody
      .locator('li')
      .evaluateAll((lines) =>
        lines.map((line) =>
          [line.querySelector('code'), line.querySelector('b')]
            .map((part) => part?.textContent)
            .join(' '),
        ),
      )
    // Each namespace has its events in order; which of the two comes first is up to the network.
    const of = (namespace: string) => seen.filter((one) => one.startsWith(`${namespace} `))
    expect(of('/')).toEqual(['/ command:executing', '/ node-created', '/ command:executed'])
    expect(of('/graph')).toEqual([
      '/graph command:executing',
      '/graph graph:node-created',
      '/graph command:executed',
    ])

    for (const [program, text] of await outputs(await programs(page))) {
      expect([program, text]).toEqual([program, expect.stringMatching(/ok"?'?: ?true/i)])
    }
    await row(bob, 'Made in the console').nth(3).waitFor()

    await page.reload()
    await page
      .getByRole('button', { name: /CreateNode.*Command/ })
      .first()
      .click()
    expect(await name.inputValue()).toBe('Made in the console')
  })

  test('an event of /graph and a route, as JSON, with what is wrong shown where it is', async () => {
    const { session_id } = await stage.film()
    const { page } = await stage.visitor()
    await page.goto(`${stage.url}/#/try?session=${session_id}`)
    await page.getByLabel('Kind', { exact: true }).selectOption('/graph')
    await page.getByLabel('What', { exact: true }).selectOption('update_presence')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('"ok": true').waitFor()
    await page
      .getByRole('region', { name: 'What everybody saw' })
      .getByText('presence:changed')
      .first()
      .waitFor()
    await page.getByLabel('What', { exact: true }).selectOption('ping')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('Events to you alone').waitFor()

    await page.getByLabel('Kind', { exact: true }).selectOption('rest')
    await page.getByLabel('What', { exact: true }).selectOption('SearchGraph')
    await page.getByRole('tab', { name: 'JSON' }).click()
    const editor = page.getByRole('textbox', { name: 'Request as JSON' })
    await editor.fill(
      '{ "query": { "session_id": "a b" }, "body": { "text": "Wide", "limit": 0 } }',
    )
    await page.getByText('/body/limit').waitFor()
    await page.locator('.cm-lint-marker-error').first().waitFor()
    await editor.fill('{ "query": ')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('button', { name: /^Send/ }).isDisabled()).toBe(true)
    await editor.fill(`{ "body": { "session_id": "${session_id}", "text": "Wide" } }`)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('HTTP 200').waitFor()
    for (const [program, text] of await outputs(await programs(page))) {
      expect([program, text]).toEqual([program, expect.stringContaining('matches')])
    }
  })
})
