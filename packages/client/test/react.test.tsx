import './page.js'
import { act, cleanup, configure, render, screen, waitFor } from '@testing-library/react'
import {
  Component,
  memo,
  StrictMode,
  Suspense,
  use,
  useEffect,
  type ComponentProps,
  type ReactNode,
} from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Client, type ClientOptions, type Session } from '../src/index.js'
import {
  SessionProvider,
  useChildren,
  useCommand,
  useNode,
  useParticipants,
  usePending,
  usePresence,
  useRole,
  useSession,
  useStatus,
  useUndo,
} from '../src/react/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { TestServer } from './server.js'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server[Symbol.asyncDispose]())

// How long a test may take is said in one place, and not here.
configure({ asyncUtilTimeout: 600_000 })
afterEach(cleanup)

function client(actor: string, options: ClientOptions & { url?: string } = {}): Client {
  const { url = server.url, ...rest } = options
  const reconnect = { minDelayMs: 20, maxDelayMs: 50 }
  const connected = connect(url, { actor, reconnect, ...rest })
  onTestFinished(() => connected.close())
  return connected
}

const create = (session: Session, node_id: string, parent_id: string | null = null) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name: node_id, node_id, parent_id })

const set = (session: Session, node_id: string, new_value: string) =>
  session.execute('UpdateProperty', { node_id, property_id: 'p', new_value })

class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  static getDerivedStateFromError(error: Error) {
    return { error }
  }
  override state: { error?: Error } = {}
  override render() {
    return this.state.error ? `refused: ${this.state.error.message}` : this.props.children
  }
}

const Names = () => <p>{useChildren(null).join(' ')}</p>

type InSession = ComponentProps<typeof SessionProvider> & { client: Client; id: string }

const Page = ({ client: connected, id, children }: InSession) => (
  <SessionProvider client={connected} id={id} fallback={<p>joining</p>}>
    {children}
  </SessionProvider>
)

test('a provider joins, shows its fallback until then, and leaves', async () => {
  const bob = await client('bob').join('provider')
  await create(bob, 'a')
  const page = render(
    <Page client={client('ada')} id="provider">
      <Names />
    </Page>,
  )
  expect(page.container.textContent).toBe('joining')
  await waitFor(() => expect(page.container.textContent).toBe('a'))
  await act(() => create(bob, 'b'))
  await waitFor(() => expect(page.container.textContent).toBe('a b'))
  const gone = new Promise((resolve) => bob.on('session:disconnected', resolve))
  page.unmount()
  expect(await gone).toMatchObject({ active_clients: 1 })
})

test('another id is another session', async () => {
  const ada = client('ada')
  const bob = client('bob')
  await create(await bob.join('one'), 'of-one')
  await create(await bob.join('two'), 'of-two')
  const page = render(
    <Page client={ada} id="one">
      <Names />
    </Page>,
  )
  await waitFor(() => expect(page.container.textContent).toBe('of-one'))
  page.rerender(
    <Page client={ada} id="two">
      <Names />
    </Page>,
  )
  expect(page.container.textContent).toBe('joining')
  await waitFor(() => expect(page.container.textContent).toBe('of-two'))
})

test('a refused join goes to the error boundary; a hook without a provider says what is missing', async () => {
  const silence = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => silence.mockRestore())
  const page = render(
    <Boundary>
      <Page client={client('ada')} id=".." />
    </Boundary>,
  )
  await waitFor(() => expect(page.container.textContent).toContain('refused: '))
  expect(() => render(<Names />)).toThrow('There is no SessionProvider above this component')
})

test('strict mode joins once and stays', async () => {
  const bob = await client('bob').join('strict')
  const counts: number[] = []
  bob.on('session:connected', ({ active_clients }) => counts.push(active_clients))
  bob.on('session:disconnected', ({ active_clients }) => counts.push(active_clients))
  const page = render(
    <StrictMode>
      <Page client={client('ada')} id="strict">
        <Names />
      </Page>
    </StrictMode>,
  )
  await waitFor(() => expect(page.container.querySelector('p')?.textContent).toBe(''))
  await act(() => create(bob, 'a'))
  await waitFor(() => expect(page.container.textContent).toBe('a'))
  await new Promise((resolve) => setTimeout(resolve, 100))
  // The own arrival of Bob may or may not be heard; nobody leaves and nobody is there twice.
  expect(counts.filter((count) => count !== 1)).toEqual([2])
})

test('with suspense the page waits for the join itself', async () => {
  await create(await client('bob').join('suspense'), 'a')
  const ada = client('ada')
  const Suspended = () => (
    <SessionProvider session={use(ada.join('suspense'))}>
      <Names />
    </SessionProvider>
  )
  const page = await act(async () =>
    render(
      <StrictMode>
        <Suspense fallback="waiting">
          <Suspended />
        </Suspense>
      </StrictMode>,
    ),
  )
  await waitFor(() => expect(page.container.textContent).toBe('a'))
})

test('on the server a session shows what it has, and one to be joined its fallback', async () => {
  const ada = client('ada')
  const session = await ada.join('ssr')
  await create(session, 'a')
  const Shown = ({ of }: { of: Session }) => (
    <SessionProvider session={of}>
      <Names />
    </SessionProvider>
  )
  const html = renderToString(<Shown of={session} />)
  expect(html).toBe('<p>a</p>')
  const joining = (
    <Page client={ada} id="ssr">
      <Names />
    </Page>
  )
  expect(renderToString(joining)).toBe('<p>joining</p>')

  const complaint = vi.fn<(error: unknown) => void>()
  const page = document.createElement('div')
  page.innerHTML = html
  const root = await act(async () =>
    hydrateRoot(page, <Shown of={session} />, { onRecoverableError: complaint }),
  )
  await act(() => create(session, 'b'))
  expect(page.innerHTML).toBe('<p>a b</p>')
  expect(complaint).not.toHaveBeenCalled()
  await act(async () => root.unmount())
})

test('10,000 rows: a change of one node renders one row, of one list only the list', async () => {
  const ada = await client('ada').join('rows')
  const bob = await client('bob').join('rows')
  await create(bob, 'list')
  const ids = Array.from({ length: 10_000 }, (_, n) => `n-${n}`)
  for (let from = 0; from < ids.length; from += 1_000) {
    void bob.batch(
      ids.slice(from, from + 1_000).map((node_id) => ({
        command_type: 'CreateNode',
        data: { blueprint_type_id: 'task', name: node_id, node_id, parent_id: 'list' },
      })),
    )
  }
  await bob.flush()
  await eventually(() => expect(ada.graph.size).toBe(10_001))
  const renders = { list: 0, rows: 0, title: 0 }
  const Row = memo(({ id }: { id: string }) => {
    renders.rows += 1
    const node = useNode(id)
    return <li id={id}>{`${node?.name} ${JSON.stringify(node?.properties)}`}</li>
  })
  const List = () => {
    renders.list += 1
    return useChildren('list').map((id) => <Row key={id} id={id} />)
  }
  const Title = () => {
    renders.title += 1
    return <h1>{useNode('list', (node) => node?.name)}</h1>
  }
  render(
    <SessionProvider session={ada}>
      <Title />
      <List />
    </SessionProvider>,
  )
  expect(renders).toEqual({ list: 1, rows: 10_000, title: 1 })
  await set(bob, 'n-5000', 'theirs')
  await waitFor(() =>
    expect(document.getElementById('n-5000')?.textContent).toBe('n-5000 {"p":"theirs"}'),
  )
  expect(renders).toEqual({ list: 1, rows: 10_001, title: 1 })
  // An own command: shown once, and not again when it is confirmed.
  await act(() => set(ada, 'n-7', 'mine'))
  expect(document.getElementById('n-7')?.textContent).toBe('n-7 {"p":"mine"}')
  expect(renders).toEqual({ list: 1, rows: 10_002, title: 1 })
  // The title reads the name only.
  await act(() => set(ada, 'list', 'value'))
  expect(renders).toEqual({ list: 1, rows: 10_002, title: 1 })
  await act(() => ada.execute('DeleteNode', { node_id: 'n-9' }))
  expect(renders).toMatchObject({ list: 2, title: 1 })
  expect(document.getElementById('n-9')).toBeNull()
  expect(renders.rows).toBe(10_002)
})

test('commands, undo, presence and status as hooks', async () => {
  await using network = await Network.to(server.url)
  const ada = await client('ada', { url: network.url }).join('hooks')
  const bob = await client('bob').join('hooks')
  const seen: ReturnType<typeof useHooks>[] = []
  const useHooks = () => ({
    session: useSession(),
    create: useCommand('CreateNode'),
    undo: useUndo(),
    presence: usePresence(),
    status: useStatus(),
    pending: usePending(),
  })
  const Hooks = () => {
    const now = useHooks()
    seen.push(now)
    const { undo, presence, status, pending } = now
    const others = presence.others.map(({ actor }) => actor.id)
    return <p>{JSON.stringify([undo.canUndo, undo.canRedo, others, status, pending])}</p>
  }
  render(
    <SessionProvider session={ada}>
      <Hooks />
    </SessionProvider>,
  )
  const shows = (...state: unknown[]) => waitFor(() => screen.getByText(JSON.stringify(state)))
  const now = () => {
    const last = seen.at(-1)
    if (!last) throw new Error('Nothing is shown')
    return last
  }
  const first = now()
  await shows(false, false, [], 'live', 0)
  network.stall()
  act(() => void now().create({ blueprint_type_id: 'task', node_id: 'a' }))
  await shows(true, false, [], 'live', 1)
  network.mend()
  await shows(true, false, [], 'live', 0)
  act(() => void now().undo.undo())
  await shows(false, true, [], 'live', 0)
  act(() => void now().undo.redo())
  await shows(true, false, [], 'live', 0)
  act(() => bob.presence.update({ focus: 'a' }))
  await shows(true, false, ['bob'], 'live', 0)
  act(() => now().presence.update({ focus: null }))
  await eventually(() => expect(bob.others).toMatchObject([{ state: { focus: null } }]))
  act(() => network.cut())
  await shows(true, false, [], 'offline', 0)
  expect(now().create).toBe(first.create)
  expect(now().session).toBe(ada)
})

test('a refused join does not make a view ask for ever: the error boundary gets it', async () => {
  const silence = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => silence.mockRestore())
  const ada = client('ada')
  const asked = vi.spyOn(ada, 'join')
  let renders = 0
  const Suspended = () => {
    renders += 1
    return (
      <SessionProvider session={use(ada.join('no spaces please'))}>
        <Names />
      </SessionProvider>
    )
  }
  const page = await act(async () =>
    render(
      <StrictMode>
        <Boundary>
          <Suspense fallback="joining">
            <Suspended />
          </Suspense>
        </Boundary>
      </StrictMode>,
    ),
  )
  await waitFor(() => expect(page.container.textContent).toMatch(/^refused: join\(\) expects/))
  expect(new Set(asked.mock.results.map(({ value }) => value as unknown)).size).toBe(1)
  expect(renders).toBeLessThan(20)
})

test('hooks give the same functions whatever others do, and the same presence is not sent', async () => {
  const bob = await client('bob').join('stable')
  const told: unknown[] = []
  bob.on('others', (others) => told.push(others.map(({ state }) => state)))
  const seen = { update: new Set(), clear: new Set(), undo: new Set(), redo: new Set() }
  let effects = 0
  let renders = 0
  const Watching = () => {
    const { others, update, clear } = usePresence()
    const { undo, redo } = useUndo()
    renders += 1
    seen.update.add(update)
    seen.clear.add(clear)
    seen.undo.add(undo)
    seen.redo.add(redo)
    useEffect(() => {
      effects += 1
      update({ selection: ['a'] })
    }, [update])
    update({ selection: ['a'] })
    return <p>{others.map(({ state }) => JSON.stringify(state['n'])).join(' ')}</p>
  }
  const page = render(
    <Page client={client('ada')} id="stable">
      <Watching />
    </Page>,
  )
  await eventually(() => expect(told).toEqual([[{ selection: ['a'] }]]))
  for (let n = 0; n < 20; n += 1) {
    bob.presence.update({ n })
    await act(() => create(bob, `n${n}`))
  }
  await waitFor(() => expect(page.container.textContent).toBe('19'))
  expect(Object.values(seen).map(({ size }) => size)).toEqual([1, 1, 1, 1])
  expect([effects, told]).toEqual([1, [[{ selection: ['a'] }]]])
  expect(renders).toBeLessThan(30)
})

test('who is here, and the role, as hooks', async () => {
  const bob = await client('bob').join('people')
  const Here = () => (
    <p>
      {useRole()}:{' '}
      {useParticipants()
        .map(({ actor }) => actor.id)
        .join(' ')}
    </p>
  )
  const page = render(
    <Page client={client('ada')} id="people">
      <Here />
    </Page>,
  )
  await waitFor(() => expect(page.container.textContent).toBe('owner: bob ada'))
  await act(() => bob.leave())
  await waitFor(() => expect(page.container.textContent).toBe('owner: ada'))
})
