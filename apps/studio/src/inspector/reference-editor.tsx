import type { SessionGraph } from '@talus/client'
import { useSession } from '@talus/client/react'
import type { JsonValue } from '@talus/protocol'
import { X } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../parts/button.js'
import type { EditorProps } from './editors.js'

const MOST = 500

/** The nodes that a reference may point to: of a type, or people. */
function candidates(graph: SessionGraph, { property, document }: EditorProps) {
  const target = document['target_type']
  const found: { id: string; name: string }[] = []
  for (const { id, name, blueprint_type_id } of graph.walk()) {
    const type = graph.template?.typeOf(blueprint_type_id)
    const isMeant =
      typeof target === 'string'
        ? type !== undefined && type === graph.template?.typeOf(target)
        : property.type === 'person'
          ? type?.features.includes('is_person')
          : true
    if (isMeant) found.push({ id, name })
    if (found.length === MOST) break
  }
  return found
}

function idsOf(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string')
  return typeof value === 'string' && value !== '' ? [value] : []
}

/** Chooses a node, or edits a list of nodes. */
export function ReferenceEditor(props: EditorProps) {
  const { id, value, isOff, aria, onSave } = props
  const { graph } = useSession()
  // Walks the whole graph, so only when the list is opened.
  const [offered, setOffered] = useState<{ id: string; name: string }[]>()
  const ids = idsOf(value)
  const isList = Array.isArray(value)
  const nameOf = (each: string) => graph.node(each)?.name ?? `${each} (not in this session)`
  const [only = ''] = ids
  const options = offered ?? ids.map((each) => ({ id: each, name: nameOf(each) }))
  const isMissing = !isList && only !== '' && !options.some((option) => option.id === only)
  return (
    <>
      {isList && (
        <ul className="chips">
          {ids.map((each) => (
            <li key={each}>
              {nameOf(each)}
              {!isOff && (
                <IconButton
                  label={`Remove ${nameOf(each)}`}
                  onClick={() => onSave(ids.filter((one) => one !== each))}
                >
                  <X />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
      )}
      <select
        id={id}
        {...aria}
        value={isList ? '' : only}
        disabled={isOff}
        onFocus={() => setOffered(candidates(graph, props))}
        onPointerDown={() => setOffered(candidates(graph, props))}
        onChange={({ target }) => {
          if (isList) onSave([...ids, target.value])
          else onSave(target.value === '' ? null : target.value)
        }}
      >
        <option value="">{isList ? 'Add…' : 'None'}</option>
        {isMissing && <option value={only}>{nameOf(only)}</option>}
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.name}
          </option>
        ))}
      </select>
    </>
  )
}
