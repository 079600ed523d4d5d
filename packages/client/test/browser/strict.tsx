import { connect } from '@talus/client'
import {
  SessionProvider,
  useChildren,
  useCommand,
  useNode,
  useParticipants,
  useStatus,
} from '@talus/client/react'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

// A page as its developer has it: StrictMode makes components, and runs their effects, twice. The
// first name of a task is its id as well, for tests to find.

const {
  server = '',
  actor = '',
  session = '',
} = Object.fromEntries(new URLSearchParams(location.search))

const client = connect(server, { actor })

/** How often each component was rendered. */
const rendered: Record<string, number> = {}
Object.assign(globalThis, { rendered })

function count(component: string): void {
  rendered[component] = (rendered[component] ?? 0) + 1
}

function Task({ id }: { id: string }) {
  count(`task ${id}`)
  const name = useNode(id, (node) => node?.name) ?? ''
  const update = useCommand('UpdateProperty')
  const rename = (new_value: string) => update({ node_id: id, property_id: 'name', new_value })
  return (
    <li>
      <input value={name} onChange={({ target }) => void rename(target.value)} />
    </li>
  )
}

function Tasks() {
  count('list')
  const create = useCommand('CreateNode')
  const add = (name: string) => create({ blueprint_type_id: 'task', name, node_id: name })
  return (
    <>
      <input
        aria-label="New task"
        onKeyDown={({ key, currentTarget }) => key === 'Enter' && void add(currentTarget.value)}
      />
      <ul>
        {useChildren(null).map((id) => (
          <Task key={id} id={id} />
        ))}
      </ul>
    </>
  )
}

function Presence() {
  count('presence')
  const status = useStatus()
  return (
    <output>{`${typeof status === 'string' ? status : 'refused'}, ${useParticipants().length} here`}</output>
  )
}

function Page() {
  const [isIn, setIsIn] = useState(true)
  return (
    <>
      <button onClick={() => setIsIn(!isIn)}>{isIn ? 'Leave' : 'Enter'}</button>
      {isIn && (
        <SessionProvider client={client} id={session} fallback={<output>joining</output>}>
          <Presence />
          <Tasks />
        </SessionProvider>
      )}
    </>
  )
}

const root = document.createElement('main')
document.body.append(root)
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
