import type { GraphNode, Other } from '@talus/client'
import { useSession } from '@talus/client/react'
import type { JsonValue } from '@talus/protocol'
import { useEffect, useId, useRef, type MouseEvent, type ReactNode } from 'react'
import { editorOf } from '../inspector/editors.js'
import { problemsOf, valueOf, writtenOf, type Property } from '../inspector/property.js'
import { colorOf, nameOf } from '../parts/avatar.js'
import { notify } from '../parts/notices.js'
import { useActions } from '../work/actions.js'
import { typeOf } from '../work/schema.js'
import { Value } from './value.js'

type CellProps = {
  id: string
  node: GraphNode
  property: Property
  /** From 1. */
  column: number
  isActive: boolean
  isEditing: boolean
  mayEdit: boolean
  /** Users who are editing this value. */
  editor: Other | undefined
  mark: ReactNode
  people: ReactNode
  onPress: (event: MouseEvent) => void
  onDone: () => void
}

export const NUMERIC = new Set(['number', 'currency'])

/** A value in the table, or its editor. */
export function TableCell(props: CellProps) {
  const { id, node, property, column, isActive, isEditing, mayEdit, editor } = props
  const { graph } = useSession()
  return (
    <div
      id={id}
      role="gridcell"
      aria-colindex={column}
      aria-readonly={!mayEdit}
      aria-selected={isActive}
      className={NUMERIC.has(property.type) ? 'cell numeric' : 'cell'}
      data-editing={isEditing || undefined}
      data-active={isActive || undefined}
      {...(editor && {
        style: { boxShadow: `inset 0 0 0 2px ${colorOf(editor.actor.id)}` },
        title: `${nameOf(editor.actor)} edits this`,
      })}
      onClick={(event) => {
        if (isEditing) event.stopPropagation()
        else props.onPress(event)
      }}
    >
      {isEditing ? (
        <CellEditor node={node} property={property} onDone={props.onDone} />
      ) : (
        <>
          {props.mark}
          <span className="cell-value">
            <Value graph={graph} node={node} property={property} />
          </span>
          {props.people}
        </>
      )}
      {editor && !isEditing && (
        <span className="visually-hidden">, {nameOf(editor.actor)} edits this</span>
      )}
    </div>
  )
}

type CellEditorProps = { node: GraphNode; property: Property; onDone: () => void }

/** Types whose text may have several lines: Enter begins another one. */
const LONG = new Set(['editor', 'object'])

function CellEditor({ node, property, onDone }: CellEditorProps) {
  const session = useSession()
  const { graph } = session
  const actions = useActions()
  const frame = useRef<HTMLDivElement>(null)
  const input = useId()
  const value = valueOf(node, property)

  useEffect(() => {
    const field = frame.current?.querySelector<HTMLElement>('input, textarea, select')
    field?.focus()
    if (field instanceof HTMLInputElement && field.type === 'text') field.select()
    session.presence.update({ editing: property.id })
    return () => session.presence.update({ editing: null })
  }, [session, property.id])

  function save(next: JsonValue): void {
    const problems = problemsOf(graph, property, next)
    if (problems.length > 0) {
      const title = `${property.label} of “${node.name}” was not changed`
      notify({ title, text: problems.join('. '), look: 'problem' })
    } else if (JSON.stringify(next) !== JSON.stringify(value)) {
      void actions.set(node.id, property.id, next)
    }
  }

  const Editor = editorOf(property.type)
  return (
    <div
      ref={frame}
      className="cell-editor"
      onKeyDown={(event) => {
        event.stopPropagation()
        const { key, ctrlKey, metaKey, target } = event
        if (event.nativeEvent.isComposing) return
        const isLeft = key === 'Enter' && (!LONG.has(property.type) || ctrlKey || metaKey)
        if (key === 'Tab' || (isLeft && property.type === 'object')) {
          event.preventDefault()
          // What is typed is saved as the field is left.
          if (target instanceof HTMLElement) target.blur()
        } else if (key === 'Escape' || isLeft) {
          event.preventDefault()
          onDone()
        }
      }}
      onBlur={({ relatedTarget, currentTarget }) => {
        if (!currentTarget.contains(relatedTarget)) onDone()
      }}
    >
      <label className="visually-hidden" htmlFor={input}>
        {property.label} of {node.name}
      </label>
      <Editor
        id={input}
        value={value}
        property={property}
        document={writtenOf(graph, typeOf(graph, node), property)}
        isOff={false}
        aria={{}}
        onSave={save}
        onEdit={() => {}}
      />
    </div>
  )
}
