import type { GraphNode, TemplateType } from '@talus/client'
import { usePresence, useSession } from '@talus/client/react'
import { useId } from 'react'
import { Avatar, nameOf } from '../parts/avatar.js'
import { editorOf } from './editors.js'
import { problemsOf, useSaving, valueOf, writtenOf, type Property } from './property.js'

type FieldProps = {
  node: GraphNode
  property: Property
  type: TemplateType | undefined
  mayEdit: boolean
}

/** A property with its editor, its validation error, and the users who are editing it. */
export function PropertyField({ node, property, type, mayEdit }: FieldProps) {
  const session = useSession()
  const { graph } = session
  const input = useId()
  const { problem, save, forgive } = useSaving(node, property)
  const { others } = usePresence()
  const value = valueOf(node, property)
  const here = others.filter(
    ({ state }) => state.focus === node.id && state['editing'] === property.id,
  )
  const Editor = editorOf(property.type)
  const problemId = `${input}-problem`
  const isWrong = problem.length > 0
  const stored = isWrong ? [] : problemsOf(graph, property, value)
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
        property={property}
        document={writtenOf(graph, type, property)}
        isOff={!mayEdit}
        aria={{
          ...(isWrong && { 'aria-invalid': true, 'aria-describedby': problemId }),
          ...(property.required && { 'aria-required': true }),
        }}
        onSave={save}
        onEdit={forgive}
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
