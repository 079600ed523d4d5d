import { connect, rest } from '@talus/client'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isWithoutBrowser } from '../../../packages/client/test/browser/chromium.js'
import { Network } from '../../../packages/client/test/network.js'
import { outline, row, SECRET, Stage, tokenOf } from './stage.js'

const ADA = tokenOf('ada', 'Ada Novak')
const BOB = tokenOf('bob', 'Bob Stone')

const stage = new Stage({ settings: { jwtSecret: SECRET } })

const api = (token = ADA) => rest(stage.url, { token })

/** A film of Ada's that Bob may edit. */
async function film() {
  const made = await stage.film(ADA)
  const { session_id } = made
  await api().putMember({ session_id, actor_id: 'bob' }, { role: 'editor' })
  return made
}

const enter = async (session_id: string, token = ADA, page = '') => {
  const visitor = await stage.visitor({ token })
  await visitor.page.goto(`${stage.url}/#/s/${session_id}${page}`)
  await visitor.page.locator('.standing.live').waitFor()
  return visitor.page
}

const tableRow = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(name) })

const cell = (page: Page, name: string, column: number) =>
  tableRow(page, name).getByRole('gridcell').nth(column)

const lane = (page: Page, name: string) => page.locator(`.lane[data-lane="${name}"]`)

const card = (page: Page, name: string) => page.locator('.board-card', { hasText: name })

async function statusOf(session_id: string, node_id: string): Promise<unknown> {
  const { node } = await api().getNode({ session_id, node_id })
  return node.properties['status']
}

describe.skipIf(isWithoutBrowser())('whole stories', () => {
  stage.set()

  test('one works in the table, the other on the board, and both drag one card at once', async () => {
    const { session_id } = await film()
    const ada = await enter(session_id, ADA, '?view=table&by=shot')
    const bob = await enter(session_id, BOB, '?view=board&by=status')

    await cell(ada, 'Wide', 1).click()
    await ada.keyboard.press('Enter')
    await ada.keyboard.type('a lot')
    await ada.keyboard.press('Enter')
    await ada
      .locator('.notice', { hasText: 'Length (Seconds) of “Wide” was not changed' })
      .waitFor()
    await ada.keyboard.press('Enter')
    await ada.keyboard.type('42')
    await ada.keyboard.press('Enter')
    await expect.poll(() => cell(ada, 'Wide', 1).textContent()).toBe('42')
    await ada.getByRole('button', { name: 'Length (Seconds)' }).click()
    const names = () =>
      ada.locator('.table-rows .table-row .cell:first-child .cell-value').allTextContents()
    await expect.poll(names).toEqual(['Close', 'Wide'])
    // The address says how it is sorted, for whoever gets it.
    await ada.reload()
    await expect.poll(names).toEqual(['Close', 'Wide'])

    await ada.getByRole('grid').focus()
    await cell(ada, 'Wide', 3).click()
    await ada.keyboard.press('Enter')
    await ada.getByRole('grid').getByLabel('Status of Wide').selectOption('Shot')
    await lane(bob, 'shot').locator('.board-card', { hasText: 'Wide' }).waitFor()

    await ada.getByRole('button', { name: 'Board' }).click()
    await ada.getByLabel('Columns by').selectOption('status')
    await card(ada, 'Close').waitFor()
    await Promise.all([
      card(ada, 'Close').dragTo(lane(ada, 'approved')),
      card(bob, 'Close').dragTo(lane(bob, 'reshoot')),
    ])
    // Whoever was last: both see what the server has.
    const laneOf = (page: Page) =>
      page.locator('.lane', { has: page.locator('.board-card', { hasText: 'Close' }) })
    await expect
      .poll(async () => {
        const seen = await Promise.all(
          [ada, bob].map((page) => laneOf(page).getAttribute('data-lane')),
        )
        const stored = await statusOf(session_id, 'Close')
        const isSettled = (await ada.getByText('saving').count()) === 0
        return isSettled && stored !== 'planned' && seen.every((one) => one === stored)
      })
      .toBe(true)

    await card(bob, 'Wide').click()
    await bob.keyboard.press('Alt+ArrowRight')
    await expect.poll(() => statusOf(session_id, 'Wide')).toBe('approved')
  })

  test('several nodes get a property at once, which one undo takes back', async () => {
    const { session_id } = await film()
    const page = await enter(session_id)
    await row(page, 'Wide').click()
    await row(page, 'Close').click({ modifiers: ['Shift'] })
    const form = page.getByRole('form', { name: 'Set a property of all' })
    await form.getByLabel('Property').selectOption('Status')
    await form.getByLabel('New value').selectOption('Approved')
    await form.getByRole('button', { name: 'Set for 2 nodes' }).click()
    await expect
      .poll(() => Promise.all(['Wide', 'Close'].map((id) => statusOf(session_id, id))))
      .toEqual(['approved', 'approved'])
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect
      .poll(() => Promise.all(['Wide', 'Close'].map((id) => statusOf(session_id, id))))
      .toEqual(['planned', 'planned'])
  })

  test('nodes are copied into another session, and the palette leads to them', async () => {
    const [from, to] = [await film(), await film()]
    const page = await enter(from.session_id)
    await row(page, 'Opening').click()
    await page.keyboard.press('Control+c')
    await page.goto(`${stage.url}/#/s/${to.session_id}`)
    await row(page, 'Night Train').click()
    await page.keyboard.press('Control+v')
    await row(page, 'Opening').nth(1).waitFor()
    await page.getByRole('button', { name: 'Expand all' }).click()
    await expect.poll(() => outline(page)).toHaveLength(8)
    const { nodes } = await api().getGraph({ session_id: to.session_id })
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(8)

    await page.keyboard.press('Control+k')
    await page.keyboard.type('board')
    await page.locator('.choices [aria-selected=true]', { hasText: 'Show as board' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByLabel('Columns by').selectOption('status')
    await lane(page, 'planned').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('fina')
    await page.locator('.choices [aria-selected=true]', { hasText: 'Finale' }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.inspector h2').textContent()).toBe('Finale')
  })

  test('a thousand edits in a row arrive, and the page goes on working', async () => {
    const { session_id } = await film()
    const page = await enter(session_id, ADA, '?view=table&by=shot')
    const client = connect(stage.url, { token: BOB })
    onTestFinished(() => client.close())
    const session = await client.join(session_id)
    for (let seconds = 1; seconds <= 1_000; seconds += 1) {
      const node_id = seconds % 2 === 0 ? 'Wide' : 'Close'
      const data = { node_id, property_id: 'seconds', new_value: seconds }
      void session.execute('UpdateProperty', data, { mergeKey: false })
    }
    await page.getByRole('button', { name: 'Length (Seconds)' }).click()
    await session.flush()
    await expect.poll(() => cell(page, 'Wide', 1).textContent()).toBe('1,000')
    await expect.poll(() => cell(page, 'Close', 1).textContent()).toBe('999')
    await cell(page, 'Close', 0).click()
    await page.keyboard.press('F2')
    await page.keyboard.type('Closer')
    await page.keyboard.press('Enter')
    await expect
      .poll(async () => (await api().getNode({ session_id, node_id: 'Close' })).node.name)
      .toBe('Closer')
  })

  test('what was done offline is sent later, and what cannot be any more is said', async () => {
    const { session_id } = await film()
    const network = await Network.to(stage.url)
    onTestFinished(() => network[Symbol.asyncDispose]())
    const { page } = await stage.visitor({ token: ADA, url: network.url })
    await page.goto(`${network.url}/#/s/${session_id}?view=board&by=status`)
    await card(page, 'Wide').click()
    network.cut()
    await page.getByText('Offline').waitFor()
    await page.keyboard.press('Alt+ArrowRight')
    await lane(page, 'shot').locator('.board-card', { hasText: 'Wide' }).waitFor()
    await card(page, 'Close').click()
    await page.keyboard.press('Alt+ArrowRight')
    await page.getByText('2 changes not sent').waitFor()
    const gone = { session_id, command_type: 'DeleteNode', data: { node_id: 'Close' } } as const
    await api(BOB).executeCommand(gone)
    network.mend()
    await expect.poll(() => statusOf(session_id, 'Wide')).toBe('shot')
    await expect.poll(() => card(page, 'Close').count()).toBe(0)
    await page.locator('.notice', { hasText: 'The change was taken back.' }).waitFor()
    await page.locator('.standing.live').waitFor()
  })

  test('the past is shown, compared and restored, and the restoring is undone', async () => {
    const { session_id } = await film()
    const page = await enter(session_id, ADA, '/history')
    const bob = await enter(session_id, BOB)
    await row(bob, 'Opening').click()
    await bob.keyboard.press('Delete')
    await page.getByRole('button', { name: /Bob Stone deleted 3 nodes/ }).waitFor()
    const past = page.getByRole('list', { name: 'Nodes at that time' })
    await expect.poll(() => past.getByRole('button').count()).toBe(2)
    await page.getByRole('button', { name: 'One step back' }).click()
    await expect.poll(() => past.getByRole('button').count()).toBe(5)
    await page.getByRole('button', { name: 'Changes', exact: true }).click()
    await page.getByRole('button', { name: 'With now' }).click()
    const changes = page.getByRole('list', { name: 'Changes' })
    await expect.poll(() => changes.getByText('deleted').count()).toBe(3)

    expect(await bob.getByRole('button', { name: 'Restore' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await row(bob, 'Opening').waitFor()
    await page.locator('.notice').getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => row(bob, 'Opening').count()).toBe(0)

    await row(bob, 'Finale').click()
    await bob.keyboard.press('F2')
    await bob.keyboard.type('The end')
    await bob.keyboard.press('Enter')
    await bob.getByText('History of this node').click()
    await bob.locator('.node-history', { hasText: 'renamed “Finale” to “The end”' }).waitFor()
  })

  test('the events of both namespaces are listed, and what became of a command', async () => {
    const { session_id } = await film()
    const page = await enter(session_id, ADA, '/log')
    const line = (name: string) => page.locator('.event-line', { hasText: name })
    await line('joined').waitFor()
    await page.getByRole('link', { name: 'Work' }).click()
    await row(page, 'Wide').click()
    await page.keyboard.press('F2')
    await page.keyboard.type('Wider')
    await page.keyboard.press('Enter')
    await page.getByText('saving').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Events' }).click()
    await line('graph:property-changed').click()
    const details = page.getByRole('complementary', { name: 'The chosen event' })
    await expect
      .poll(() => details.locator('.life-label').allTextContents())
      .toEqual(
        expect.arrayContaining([
          'sent this page',
          'command:executing /',
          'command:executed /graph',
          'confirmed this page',
        ]),
      )
    expect(await details.locator('.payload').textContent()).toContain('"Wider"')
    await page.getByRole('button', { name: '/graph', exact: true }).click()
    await expect.poll(() => line('graph:property-changed').count()).toBe(0)
  })

  test('an owner gives roles and links and takes them back; a viewer is offered nothing', async () => {
    const { session_id } = await film()
    const page = await enter(session_id, ADA, '/members')
    await page.getByLabel('Id of the new member').fill('cleo')
    await page.getByLabel('Role of the new member').selectOption('commenter')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByLabel('Role of cleo').selectOption('viewer')
    const roleOf = async (actor_id: string) =>
      (await api().getMember({ session_id, actor_id })).member.role
    await expect.poll(() => roleOf('cleo')).toBe('viewer')
    await page.getByRole('button', { name: 'Remove cleo' }).click()
    await expect.poll(() => page.getByLabel('Role of cleo').count()).toBe(0)

    await page.getByRole('button', { name: 'Make a link' }).click()
    const link = await page.getByLabel('The new link').inputValue()
    const { page: guest } = await stage.visitor()
    await guest.goto(link)
    await guest.getByText('Read only').waitFor()
    for (const name of ['Add', 'Delete', 'Undo']) {
      expect(await guest.getByRole('button', { name }).count()).toBe(0)
    }
    await guest.getByRole('button', { name: 'Table' }).click()
    await guest.getByLabel('Type').selectOption('shot')
    await cell(guest, 'Wide', 1).click()
    await guest.keyboard.press('Enter')
    expect(await guest.locator('.cell-editor').count()).toBe(0)
    await guest.getByRole('button', { name: 'Board' }).click()
    await guest.getByLabel('Columns by').selectOption('status')
    await card(guest, 'Wide').click()
    await guest.keyboard.press('Alt+ArrowRight')
    await guest.getByRole('link', { name: 'History' }).click()
    await guest.getByRole('list', { name: 'Nodes at that time' }).waitFor()
    expect(await guest.getByRole('button', { name: 'Restore' }).count()).toBe(0)
    await guest.getByRole('link', { name: 'Members' }).click()
    await guest.getByText('Only owners see and make share links.').waitFor()
    expect(await statusOf(session_id, 'Wide')).toBe('planned')

    // The start page leads back by the same link.
    await guest.getByRole('link', { name: 'Start page' }).click()
    await guest.getByRole('link', { name: /Night Train/ }).click()
    await guest.getByText('Read only').waitFor()
    await page.getByRole('button', { name: 'Revoke the link for a viewer' }).click()
    await guest.getByRole('alert').waitFor()
    expect(await guest.locator('.work').count()).toBe(0)
  })

  test('who comes with a token that expires signs in again, and is where they were', async () => {
    const { session_id } = await film()
    const { page } = await stage.visitor()
    await page.goto(`${stage.url}/#/s/${session_id}`)
    await page.getByLabel('JSON Web Token').fill(tokenOf('ada', 'Ada Novak', 5))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('expired').waitFor()
    await page.getByLabel('JSON Web Token').fill(ADA)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await row(page, 'Opening').waitFor()
    expect(page.url()).toContain(session_id)
    await page.goto(`${stage.url}/#/server`)
    await page.getByText('The metrics are not open to you').waitFor()
  })
})
