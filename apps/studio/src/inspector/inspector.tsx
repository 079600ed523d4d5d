import type { GraphNode } from '@talus/client'
import { useNode, useRole, useSession } from '@talus/client/react'
import { ChevronRight, Trash2 } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Button, IconButton } from '../parts/button.js'
import { TypeMark } from '../parts/type-mark.js'
import type { TreeModel } from '../tree/tree-model.js'
import { useTree } from '../tree/tree-view.js'
import { useActions } from '../work/actions.js'
import { includes, keyOf, labelOf, lookOfNode, mayChange, typeOf } from '../work/schema.js'
import { NodeHistory } from './node-history.js'
import { PropertyField } from './property-field.js'
import { NAME } from './property.js'
import { Several } from './several.js'

type InspectorProps = { model: TreeModel; onMove: () => void; onRemove: () => void }

/** Shows the selected nodes, with editors for the properties that may be changed. */
export function Inspector({ model, onMove, onRemove }: InspectorProps) {
  const { selected, focus } = useTree(model)
  const [only] = selected
  if (selected.size > 1) return <Several ids={selected} onMove={onMove} onRemove={onRemove} />
  const id = only ?? focus
  if (id === null || id === undefined) {
    return <p className="quiet nothing">Select a node to see what it holds.</p>
  }
  return <Details key={id} id={id} model={model} onMove={onMove} onRemove={onRemove} />
}

/** Names of a node's ancestors; updated when one is renamed or moved. */
function Breadcrumbs({ id, model }: { id: string; model: TreeModel }) {
  const { graph } = useSession()
  const text = useSyncExternalStore(
    (onChange) => graph.subscribe(onChange),
    () => JSON.stringify(graph.path(id).map((node) => [node.id, node.name])),
  )
  const path = (JSON.parse(text) as [string, string][]).slice(0, -1)
  if (path.length === 0) return null
  return (
    <nav className="breadcrumbs" aria-label="Above this node">
      <ol>
        {path.map(([above, name]) => (
          <li key={above}>
            <button type="button" onClick={() => model.reveal(above)}>
              {name}
            </button>
            <ChevronRight aria-hidden="true" />
          </li>
        ))}
      </ol>
    </nav>
  )
}

function Details({ id, model, onMove, onRemove }: InspectorProps & { id: string }) {
  const { graph } = useSession()
  const role = useRole()
  const node = useNode(id)
  if (!node) return <p className="quiet nothing">The node is gone.</p>
  const type = typeOf(graph, node)
  const mayEdit = mayChange(graph, node, role)
  const naming = type?.property('name')
  const properties = (type?.properties ?? []).filter((property) => property.id !== 'name')
  return (
    <div className="inspector">
      <Breadcrumbs id={id} model={model} />
      <div className="inspector-head">
        <TypeMark look={lookOfNode(graph, node)} />
        <h2>{node.name || 'No name'}</h2>
        <span className="type-name">{labelOf(graph, node)}</span>
      </div>
      <PropertyField node={node} property={naming ?? NAME} type={type} mayEdit={mayEdit} />
      {properties.map((property) => (
        <PropertyField
          key={property.id}
          node={node}
          property={property}
          type={type}
          mayEdit={includes(role, property.access.change)}
        />
      ))}
      <Others node={node} mayEdit={mayEdit} />
      {mayEdit && (
        <div className="row">
          <Button className="tool" onClick={onMove}>
            Move to…
          </Button>
          <Button className="tool" look="danger" onClick={onRemove}>
            Delete
          </Button>
        </div>
      )}
      <NodeHistory id={id} />
      <dl className="facts">
        <dt>Id</dt>
        <dd>
          <code>{node.id}</code>
        </dd>
        <dt>Created</dt>
        <dd>{new Date(node.created_at).toLocaleString()}</dd>
      </dl>
    </div>
  )
}

/** What a node holds beside what its type declares: shown, and removable. */
function Others({ node, mayEdit }: { node: GraphNode; mayEdit: boolean }) {
  const { graph } = useSession()
  const actions = useActions()
  const type = typeOf(graph, node)
  const declared = new Set(type?.properties.map((property) => keyOf(node, property)))
  const others = Object.entries(node.properties).filter(([key]) => !declared.has(key))
  if (others.length === 0) return null
  return (
    <section aria-labelledby="others">
      <h3 id="others">{type ? 'Not declared by the type' : 'Properties'}</h3>
      <ul className="undeclared">
        {others.map(([key, value]) => (
          <li key={key}>
            <span>{key}</span>
            <code>{JSON.stringify(value)}</code>
            {mayEdit && (
              <IconButton label={`Remove ${key}`} onClick={() => actions.unset(node.id, key)}>
                <Trash2 />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
