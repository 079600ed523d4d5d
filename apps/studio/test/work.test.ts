import { describe, expect, onTestFinished, test } from 'vitest'
import { isWithoutBrowser } from '../../../packages/client/test/browser/chromium.js'
import { Network } from '../../../packages/client/test/network.js'
import { outline, row, Stage, type Visitor } from './stage.js'

const stage = new Stage()

const enter = (session_id: string, name?: string): Promise<Visitor> =>
  stage.inSession(session_id, name === undefined ? {} : { name })

describe.skipIf(isWithoutBrowser())('two people in one session', () => {
  stage.set()

  test('see each other, and what the other does at once', async () => {
    const { session_id } = await stage.film()
    const { page: ada } = await enter(session_id)
    const { page: bob } = await enter(session_id, 'Bob Stone')
    await ada.getByRole('button', { name: '1 other is here' }).waitFor()

    await row(ada, 'Wide').click()
    await row(bob, 'Wide').locator('.avatar').waitFor()
    await ada.keyboard.press('F2')
    await ada.keyboard.type('Wide of the train')
    await ada.keyboard.press('Enter')
    await row(bob, 'Wide of the train').waitFor()

    await bob.getByRole('button', { name: '1 other is here' }).click()
    await bob.getByRole('menuitem', { name: /Ada Novak.*at “Wide of the train”/ }).click()
    await expect.poll(() => bob.locator('.inspector h2').textContent()).toBe('Wide of the train')
  })

  test('work by keyboard alone: add, name, go, move, select, delete, undo, redo', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    const { page: bob } = await enter(session_id, 'Bob Stone')
    await page.getByRole('tree').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Control+Enter')
    // The menu takes the keyboard a moment after it is there.
    await page.locator('[role=menuitem]:focus', { hasText: 'Shot' }).waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.type('Insert')
    await page.keyboard.press('Enter')
    await row(bob, 'Insert').waitFor()
    expect(await outline(page)).toEqual([
      'Night Train',
      '  Opening',
      '    Wide',
      '    Close',
      '    Insert',
      '  Finale',
    ])

    await page.keyboard.press('Alt+ArrowUp')
    await expect
      .poll(() => outline(bob))
      .toEqual(['Night Train', '  Opening', '    Wide', '    Insert', '    Close', '  Finale'])
    await page.keyboard.type('w')
    await page.keyboard.press('Shift+ArrowDown')
    await expect.poll(() => page.locator('[aria-selected=true]').count()).toBe(2)
    await page.keyboard.press('Delete')
    await expect
      .poll(() => outline(bob))
      .toEqual(['Night Train', '  Opening', '    Close', '  Finale'])
    await page.keyboard.press('Control+z')
    await expect.poll(() => outline(bob)).toHaveLength(6)
    await page.keyboard.press('Control+Shift+z')
    await expect.poll(() => outline(bob)).toHaveLength(4)
    await page.keyboard.type('o')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => row(page, 'Opening').getAttribute('aria-expanded')).toBe('false')
  })

  test('what is dragged lands where the template allows it, as one step', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    const { page: bob } = await enter(session_id, 'Bob Stone')
    await row(page, 'Wide').click()
    await row(page, 'Close').click({ modifiers: ['Shift'] })
    await row(page, 'Close').dragTo(row(page, 'Finale'))
    const moved = ['Night Train', '  Opening', '  Finale', '    Wide', '    Close']
    await expect.poll(() => outline(page)).toEqual(moved)
    await row(bob, 'Finale').click()
    await bob.keyboard.press('ArrowRight')
    await expect.poll(() => outline(bob)).toEqual(moved)

    // A scene may not stand below a shot: it lands beside nothing there.
    await row(page, 'Opening').dragTo(row(page, 'Wide'))
    await expect.poll(() => outline(page)).toEqual(moved)

    await page.getByRole('button', { name: 'Undo' }).click()
    await expect
      .poll(() => outline(bob))
      .toEqual(['Night Train', '  Opening', '    Wide', '    Close', '  Finale'])
  })

  test('a node is moved by a list of the places that take it', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    await row(page, 'Wide').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Move to…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Move to' })
    await dialog.getByRole('button', { name: /^Finale/ }).click()
    await expect
      .poll(() => outline(page))
      .toEqual(['Night Train', '  Opening', '    Close', '  Finale', '    Wide'])
  })

  test('nodes are copied and pasted with all that is below them', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    await row(page, 'Opening').click()
    await page.keyboard.press('Control+c')
    await row(page, 'Night Train').click()
    await page.keyboard.press('Control+v')
    await row(page, 'Opening').nth(1).waitFor()
    await page.getByRole('button', { name: 'Expand all' }).click()
    await expect
      .poll(() => outline(page))
      .toEqual([
        'Night Train',
        '  Opening',
        '    Wide',
        '    Close',
        '  Finale',
        '  Opening',
        '    Wide',
        '    Close',
      ])
  })

  test('the inspector edits each type of property, and says what a value has to be', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    const { page: bob } = await enter(session_id, 'Bob Stone')
    await row(page, 'Wide').click()
    await row(bob, 'Wide').click()
    const details = page.getByRole('complementary', { name: 'Details' })
    const theirs = bob.getByRole('complementary', { name: 'Details' })

    const seconds = details.getByLabel('Length (Seconds)')
    await seconds.fill('a lot')
    await seconds.press('Enter')
    await details.getByRole('alert').waitFor()
    expect(await details.getByRole('alert').textContent()).toContain('Expected a number')
    expect(await seconds.getAttribute('aria-invalid')).toBe('true')
    await seconds.fill('7.5')
    await theirs.getByText('Ada Novak is here').waitFor()
    await seconds.press('Enter')
    await expect.poll(() => theirs.getByLabel('Length (Seconds)').inputValue()).toBe('7.5')

    await details.getByLabel('Status').selectOption('Approved')
    await row(bob, 'Wide').locator('.badge', { hasText: 'Approved' }).waitFor()
  })

  test('typing is not lost when somebody else changes the same value meanwhile', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    await row(page, 'Wide').click()
    const name = page.getByRole('complementary', { name: 'Details' }).getByLabel('Name')
    await name.fill('Wide of the station')
    await stage.api.executeCommand({
      session_id,
      command_type: 'UpdateProperty',
      data: { node_id: 'Wide', property_id: 'name', new_value: 'Very wide' },
    })
    await page.getByText('Changed meanwhile to “Very wide”').waitFor()
    expect(await name.inputValue()).toBe('Wide of the station')
    await page.getByRole('button', { name: 'Take that' }).click()
    expect(await name.inputValue()).toBe('Very wide')
  })

  test('an undo says what it left alone, and why', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    await row(page, 'Wide').click()
    await page.keyboard.press('F2')
    await page.keyboard.type('Wider')
    await page.keyboard.press('Enter')
    const data = { node_id: 'Wide', property_id: 'name', new_value: 'Widest' }
    await stage.api.executeCommand({ session_id, command_type: 'UpdateProperty', data })
    await row(page, 'Widest').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    const notice = page.locator('.notice', { hasText: 'Nothing was undone' })
    await notice.waitFor()
    expect(await notice.textContent()).toContain('its value was changed since (test)')
    await row(page, 'Widest').waitFor()
  })

  test('the activity lists what everybody does, with what came', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    await page.getByRole('button', { name: 'Activity' }).click()
    const { page: bob } = await enter(session_id, 'Bob Stone')
    await row(bob, 'Wide').click()
    await bob.keyboard.press('F2')
    await bob.keyboard.type('Wider')
    await bob.keyboard.press('Enter')
    const line = page.getByRole('button', { name: /Bob Stone renamed “Wide” to “Wider”/ })
    await line.click()
    expect(await page.locator('.payload').textContent()).toContain('"property_id": "name"')
    await page.getByRole('button', { name: 'Changes' }).click()
    await expect.poll(() => line.count()).toBe(0)
    await page.getByText('Bob Stone came').waitFor()
  })

  test('the search of the contract finds nodes, and leads to them', async () => {
    const { session_id } = await stage.film()
    const { page } = await enter(session_id)
    await row(page, 'Opening').click()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('searchbox', { name: 'Search nodes' }).fill('clo')
    await page.getByRole('button', { name: /Close/ }).last().click()
    await expect.poll(() => row(page, 'Close').getAttribute('aria-selected')).toBe('true')
  })
})

describe.skipIf(isWithoutBrowser())('without a connection', () => {
  stage.set()

  test('changes are kept, said to be unsent, survive leaving the page, and are sent later', async () => {
    const { session_id } = await stage.film()
    const network = await Network.to(stage.url)
    onTestFinished(() => network[Symbol.asyncDispose]())
    const { page } = await stage.inSession(session_id, { url: network.url })
    const { page: bob } = await stage.inSession(session_id, { name: 'Bob Stone' })
    network.cut()
    await page.getByText('Offline').waitFor()
    await row(page, 'Wide').click()
    await page.keyboard.press('F2')
    await page.keyboard.type('Made offline')
    await page.keyboard.press('Enter')
    await row(page, 'Made offline').waitFor()
    await page.getByText('1 change not sent').waitFor()
    expect(await row(bob, 'Made offline').count()).toBe(0)
    // The page itself comes from the server: it can be opened anew only when that is there.
    await page.goto('about:blank')
    network.mend()
    await page.goto(`${network.url}/#/s/${session_id}`)
    await row(bob, 'Made offline').waitFor()
    await row(page, 'Made offline').waitFor()
    await page.locator('.standing.live').waitFor()
    await expect.poll(() => page.getByText('not sent').count()).toBe(0)
  })
})

describe.skipIf(isWithoutBrowser())('ten thousand nodes', () => {
  stage.set()

  test('are shown by the rows that can be seen, from first to last', async () => {
    const nodes = Array.from({ length: 9_999 }, (_, at) => ({
      id: `n${at}`,
      type: 'task',
      name: `Task ${at}`,
    }))
    const root = { id: 'root', type: 'phase', name: 'All', children: nodes.map(({ id }) => id) }
    const { session_id } = await stage.api.importProject({}, { graph: { nodes: [root, ...nodes] } })
    const { page, troubles } = await stage.inSession(session_id)
    await page.getByText('10,000 nodes').waitFor()
    expect(await page.locator('.tree-row').count()).toBeLessThan(80)
    await page.getByRole('tree').focus()
    await page.keyboard.press('End')
    await row(page, 'Task 9998').waitFor()
    expect(await row(page, 'Task 9998').getAttribute('aria-posinset')).toBe('9999')
    expect(await page.locator('.tree-row').count()).toBeLessThan(80)
    expect(troubles).toEqual([])
  })
})
