import './page.js'
import { cleanup, configure, render, waitFor } from '@testing-library/react'
import type { Socket } from 'socket.io-client'
import { afterAll, afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { testApp } from '../harness.js'
import { importSnippet } from './snippet.js'

type Hook = (session_id: string) => {
  socket: Socket | null
  connected: boolean
  activeClients: number
}

/** What the hook says; the document's hook hands events to the console and nothing else. */
function listen() {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  onTestFinished(() => log.mockRestore())
  return log
}

async function hookOf(url: string): Promise<Hook> {
  const { useWebSocket } = await importSnippet('react-hook', { url, session_id: 's' })
  return useWebSocket as Hook
}

// How long a test may take is said in one place, and not here.
configure({ asyncUtilTimeout: 600_000 })
afterEach(cleanup)
// The next file of this worker runs without a page.
afterAll(() => void vi.unstubAllGlobals())

test('[JOIN3] the React hook connects, joins and counts the clients', async () => {
  await using app = await testApp()
  listen()
  const other = await (await app.client()).join('s')
  const useWebSocket = await hookOf(app.url)
  const seen: ReturnType<Hook>[] = []
  const Page = () => {
    seen.push(useWebSocket('s'))
    return null
  }
  render(<Page />)
  await waitFor(() => expect(seen.at(-1)).toMatchObject({ connected: true, activeClients: 2 }))
  expect(seen[0]).toEqual({ socket: null, connected: false, activeClients: 0 })
  const [, joined] = other.of('session:connected')
  expect(joined).toMatchObject({ session_id: 's', client_id: seen.at(-1)?.socket?.id })
})

test('[CMD2] the React hook hears of nodes and properties', async () => {
  await using app = await testApp()
  const log = listen()
  const useWebSocket = await hookOf(app.url)
  const Page = () => <>{useWebSocket('s').activeClients}</>
  const page = render(<Page />)
  await waitFor(() => expect(page.container.textContent).toBe('1'))
  const writer = await app.client()
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 'task', node_id: 'n' })
  await writer.execute('s', 'UpdateProperty', { node_id: 'n', property_id: 'p', new_value: 'v' })
  await waitFor(() => {
    const node = expect.objectContaining({ id: 'n', blueprint_type_id: 'task' })
    expect(log).toHaveBeenCalledWith('Node created:', expect.objectContaining({ node }))
    const edit = { node_id: 'n', property_id: 'p', old_value: null, new_value: 'v' }
    expect(log).toHaveBeenCalledWith('Property changed:', expect.objectContaining(edit))
  })
})

test('[JOIN4] the React hook leaves the session once when its component goes', async () => {
  await using app = await testApp()
  listen()
  const other = await (await app.client()).join('s')
  const useWebSocket = await hookOf(app.url)
  const Page = () => <>{useWebSocket('s').activeClients}</>
  const page = render(<Page />)
  const { client_id } = await other.next(
    'session:connected',
    ({ client_id }) => client_id !== other.socket.id,
  )
  await waitFor(() => expect(page.container.textContent).toBe('2'))
  page.unmount()
  const gone = await other.next('session:disconnected')
  expect(gone).toMatchObject({ session_id: 's', client_id, active_clients: 1 })
  await other.settled()
  expect(other.of('session:disconnected')).toHaveLength(1)
})

test('[JOIN4] the React hook changes the session with its argument', async () => {
  await using app = await testApp()
  listen()
  const [first, second] = [
    await (await app.client()).join('s-1'),
    await (await app.client()).join('s-2'),
  ]
  const useWebSocket = await hookOf(app.url)
  const Page = ({ session_id }: { session_id: string }) => (
    <>{useWebSocket(session_id).activeClients}</>
  )
  const page = render(<Page session_id="s-1" />)
  await waitFor(() => expect(page.container.textContent).toBe('2'))
  page.rerender(<Page session_id="s-2" />)
  await first.next('session:disconnected')
  const joined = await second.next(
    'session:connected',
    ({ client_id }) => client_id !== second.socket.id,
  )
  expect(joined).toMatchObject({ session_id: 's-2', active_clients: 2 })
})
