import type { SessionGraph, TemplateProperty, TemplateType } from '@talus/client'
import { useRole, useSession } from '@talus/client/react'
import type { JsonValue } from '@talus/protocol'
import { useId, useState } from 'react'
import { Button } from '../parts/button.js'
import { nodeCount } from '../parts/node-count.js'
import { useActions } from '../work/actions.js'
import { includes } from '../work/schema.js'
import { editorOf } from './editors.js'
import { problemsOf, writtenOf } from './property.js'

type SeveralProps = { ids: ReadonlySet<string>; onMove: () => void; onRemove: () => void }

/** A property that all selected nodes have, as declared by the type of the first node. */
type Shared = { property: TemplateProperty; type: TemplateType }

/** Properties that all nodes have, with the same value type. */
function sharedOf(graph: SessionGraph, ids: Iterable<string>): Shared[] {
  const types = new Set<TemplateType>()
  for (const id of ids) {
    const type = graph.template?.typeOf(graph.node(id)?.blueprint_type_id ?? '')
    if (!type) return []
    types.add(type)
  }
  const [first, ...others] = types
  if (!first) return []
  return first.properties
    .filter(
      (property) =>
        property.id !== 'name' &&
        others.every((type) => type.property(property.id)?.type === property.type),
    )
    .map((property) => ({ property, type: first }))
}

/** Inspector of several selected nodes. */
export function Several({ ids, onMove, onRemove }: SeveralProps) {
  const { graph } = useSession()
  const role = useRole()
  const mayEdit = includes(role, 'editor')
  const shared = sharedOf(graph, ids).filter(({ property }) =>
    includes(role, property.access.change),
  )
  return (
    <div className="inspector">
      <h2>{nodeCount(ids.size)} selected</h2>
      {mayEdit && (
        <div className="row">
          <Button onClick={onMove}>Move to…</Button>
          <Button look="danger" onClick={onRemove}>
            Delete
          </Button>
        </div>
      )}
      {mayEdit && shared.length > 0 && <SetAll ids={ids} shared={shared} />}
    </div>
  )
}

/** Gives all of the nodes the same value, as one step. */
function SetAll({ ids, shared }: { ids: ReadonlySet<string>; shared: readonly Shared[] }) {
  const { graph } = useSession()
  const actions = useActions()
  const [property_id, setPropertyId] = useState('')
  const [value, setValue] = useState<JsonValue>(null)
  const choice = useId()
  const input = useId()
  const chosen = shared.find(({ property }) => property.id === property_id) ?? shared[0]
  if (!chosen) return null
  const { property, type } = chosen
  const problems = problemsOf(graph, property, value)
  const Editor = editorOf(property.type)
  return (
    <form
      className="set-all"
      aria-label="Set a property of all"
      onSubmit={(event) => {
        event.preventDefault()
        if (problems.length > 0) return
        actions.setMany(
          [...ids].map((id) => ({ id, value })),
          property.id,
        )
      }}
    >
      <h3>Set a property of all</h3>
      <div className="field">
        <label className="field-label" htmlFor={choice}>
          Property
        </label>
        <select
          id={choice}
          value={property.id}
          onChange={({ target }) => {
            setPropertyId(target.value)
            setValue(null)
          }}
        >
          {shared.map(({ property: { id, label } }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label className="field-label" htmlFor={input}>
          New value
        </label>
        <Editor
          key={property.id}
          id={input}
          value={value}
          property={property}
          document={writtenOf(graph, type, property)}
          isOff={false}
          aria={problems.length > 0 && value !== null ? { 'aria-invalid': true } : {}}
          onSave={setValue}
          onEdit={() => {}}
        />
        {problems.length > 0 && value !== null && (
          <p role="alert" className="problem-text">
            {problems.join('. ')}
          </p>
        )}
      </div>
      <Button type="submit" look="primary" disabled={problems.length > 0}>
        Set for {nodeCount(ids.size)}
      </Button>
    </form>
  )
}
