import type { GraphNode, TemplateType, TemplateProperty } from '@talus/client'
import { usePresence, useSession } from '@talus/client/react'
import type { JsonValue } from '@talus/protocol'
import { useId, useState } from 'react'
import { Avatar, nameOf } from '../parts/avatar.js'
import { detailsOf, messageOf } from '../parts/loaded.js'
import { useActions } from '../work/actions.js'
import { documentOf, keyOf } from '../work/schema.js'
import { editorOf } from './editors.js'

/** What the name of a node is where no template declares it. */
export const NAME = {
  id: 'name',
  uuid: 'name',
  label: 'Name',
  type: 'text',
  required: false,
  options: [],
} as const

/** A property as a template declares it, or the name. */
export type FieldProperty = Pick<
  TemplateProperty,
  'id' | 'uuid' | 'label' | 'type' | 'required'
> & {
  options: readonly TemplateProperty['options'][number][]
}

type FieldProps = {
  node: GraphNode
  property: TemplateProperty | typeof NAME
  type: TemplateType | undefined
  mayEdit: boolean
}

const isDeclared = (property: FieldProps['property']): property is TemplateProperty =>
  property !== NAME

/** A property with its editor, what is wrong with its value, and who else is at it. */
export function PropertyField({ node, property, type, mayEdit }: FieldProps) {
  const session = useSession()
  const { graph } = session
  const actions = useActions()
  const input = useId()
  const [problem, setProblem] = useState<string[]>([])
  const { others } = usePresence()
  const isName = property.id === 'name'
  const key = isName ? 'name' : keyOf(node, property as TemplateProperty)
  const value: JsonValue = isName ? node.name : (node.properties[key] ?? null)
  const here = others.filter(
    ({ state }) => state.focus === node.id && state['editing'] === property.id,
  )

  /** What the rules of the template say of a value; the same that the server would. */
  function check(next: JsonValue): string[] {
    const expected =
      graph.template && isDeclared(property) ? graph.template.checkValue(property, next) : undefined
    return expected === undefined ? [] : [`Expected ${expected}`]
  }

  async function save(next: JsonValue): Promise<void> {
    const found = check(next)
    setProblem(found)
    if (found.length > 0 || JSON.stringify(next) === JSON.stringify(value)) return
    const refused = await actions.set(node.id, property.id, next)
    if (refused) setProblem([messageOf(refused), ...detailsOf(refused)])
  }

  const Editor = editorOf(property.type)
  const problemId = `${input}-problem`
  const isWrong = problem.length > 0
  const stored = isWrong ? [] : check(value)
  return (
    <div
      className="field property"
      data-wrong={isWrong || undefined}
      onFocus={() => mayEdit && session.presence.update({ editing: property.id })}
      onBlur={() => mayEdit && session.presence.update({ editing: null })}
    >
      <div className="field-label">
        <label htmlFor={input}>
          {property.label}
          {property.required && (
            <span className="required" title="Required">
              {' '}
              *
            </span>
          )}
        </label>
        {here.map(({ client_id, actor }) => (
          <span key={client_id} className="editing">
            <Avatar actor={actor} isSmall /> {nameOf(actor)} is here
          </span>
        ))}
      </div>
      <Editor
        id={input}
        value={value}
        node={node}
        property={property}
        document={type && isDeclared(property) ? documentOf(graph, type, property) : {}}
        isOff={!mayEdit}
        aria={{
          ...(isWrong && { 'aria-invalid': true, 'aria-describedby': problemId }),
          ...(property.required && { 'aria-required': true }),
        }}
        onSave={(next) => void save(next)}
        onEdit={() => isWrong && setProblem([])}
      />
      {isWrong && (
        <p id={problemId} role="alert" className="problem-text">
          {problem.join('. ')}
        </p>
      )}
      {stored.length > 0 && <p className="careful-text">{stored.join('. ')}</p>}
    </div>
  )
}
