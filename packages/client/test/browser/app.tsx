import { connect } from '@talus/client'
import {
  SessionProvider,
  useChildren,
  useCommand,
  useNode,
  usePending,
  useStatus,
} from '@talus/client/react'
import { createRoot } from 'react-dom/client'

// The page of a user: a list of tasks. The name of a change is its id as well, for tests to find.

const {
  server = '',
  actor = '',
  session = '',
} = Object.fromEntries(new URLSearchParams(location.search))

// Whether a line is dead shows when an answer is overdue; tests shall not wait long for that.
const client = connect(server, {
  actor,
  ackTimeoutMs: 1_500,
  reconnect: { minDelayMs: 50, maxDelayMs: 200 },
})

function Task({ id }: { id: string }) {
  const name = useNode(id, (node) => node?.name) ?? ''
  const update = useCommand('UpdateProperty')
  const rename = (new_value: string) =>
    update({ node_id: id, property_id: 'name', new_value }, { commandId: new_value })
  return (
    <li>
      <input value={name} onChange={({ target }) => void rename(target.value)} />
    </li>
  )
}

function NewTasks() {
  const create = useCommand('CreateNode')
  const add = (names: string[]) => {
    for (const name of names) void create({ blueprint_type_id: 'task', name }, { commandId: name })
  }
  return (
    <input
      aria-label="New tasks"
      onKeyDown={({ key, currentTarget }) => key === 'Enter' && add(currentTarget.value.split(' '))}
    />
  )
}

function Tasks() {
  const status = useStatus()
  const pending = usePending()
  return (
    <>
      <output>{`${typeof status === 'string' ? status : status.refused.code}, ${pending} pending`}</output>
      <NewTasks />
      <ul>
        {useChildren(null).map((id) => (
          <Task key={id} id={id} />
        ))}
      </ul>
    </>
  )
}

const root = document.createElement('main')
document.body.append(root)
createRoot(root).render(
  <SessionProvider client={client} id={session} fallback={<output>joining</output>}>
    <Tasks />
  </SessionProvider>,
)
