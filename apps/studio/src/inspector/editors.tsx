import type { JsonObject, JsonValue } from '@talus/protocol'
import type { ComponentType } from 'react'
import { OptionMark } from '../parts/option-mark.js'
import { lookOfOption } from '../work/schema.js'
import type { Property } from './property.js'
import { ReferenceEditor } from './reference-editor.js'
import { useDraft } from './use-draft.js'

export type EditorProps = {
  id: string
  value: JsonValue
  property: Property
  /** The property as declared in the template. */
  document: JsonObject
  isOff: boolean
  aria: { 'aria-invalid'?: true; 'aria-describedby'?: string; 'aria-required'?: true }
  onSave: (value: JsonValue) => void
  /** The user is typing. */
  onEdit: () => void
}

/** The text of a value in a text field. */
function textOf(value: JsonValue): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Another user has changed the value that is being edited. */
function Theirs({ theirs, onTake }: { theirs: string | undefined; onTake: () => void }) {
  if (theirs === undefined) return null
  return (
    <p className="careful-text" role="status">
      Changed meanwhile to “{theirs}”.{' '}
      <button
        type="button"
        className="link"
        onMouseDown={(event) => event.preventDefault()}
        onClick={onTake}
      >
        Take that
      </button>
    </p>
  )
}

function TextEditor({ id, value, isOff, aria, onSave, onEdit, property }: EditorProps) {
  const draft = useDraft(textOf(value), onSave, onEdit)
  const isNumeric = property.type === 'number' || property.type === 'currency'
  return (
    <>
      <input
        id={id}
        {...aria}
        {...draft.field}
        readOnly={isOff}
        {...(isNumeric && { inputMode: 'decimal', className: 'numeric' })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) draft.save()
          if (event.key === 'Escape') draft.drop()
        }}
      />
      <Theirs theirs={draft.theirs} onTake={draft.drop} />
    </>
  )
}

/** A number is sent as one; text that is none is left to the rules to refuse. */
function NumberEditor(props: EditorProps) {
  const { onSave } = props
  const asNumber = (text: JsonValue) => {
    const number = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN
    onSave(Number.isFinite(number) ? number : text)
  }
  return <TextEditor {...props} onSave={asNumber} />
}

function LongTextEditor({ id, value, isOff, aria, onSave, onEdit }: EditorProps) {
  const draft = useDraft(textOf(value), onSave, onEdit)
  return (
    <>
      <textarea
        id={id}
        rows={4}
        {...aria}
        {...draft.field}
        readOnly={isOff}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) draft.save()
          if (event.key === 'Escape') draft.drop()
        }}
      />
      <Theirs theirs={draft.theirs} onTake={draft.drop} />
    </>
  )
}

/** A date, and whatever else is there as text. */
function DateEditor(props: EditorProps) {
  const text = textOf(props.value)
  const isDay = text === '' || /^\d{4}-\d{2}-\d{2}$/.test(text)
  if (!isDay) return <TextEditor {...props} />
  const { id, isOff, aria, onSave } = props
  return (
    <input
      id={id}
      type="date"
      {...aria}
      value={text}
      readOnly={isOff}
      onChange={({ target }) => isOff || onSave(target.value)}
    />
  )
}

function CheckboxEditor({ id, value, isOff, aria, onSave }: EditorProps) {
  const isOn = textOf(value).toLowerCase() === 'true'
  return (
    <input
      id={id}
      type="checkbox"
      {...aria}
      checked={isOn}
      disabled={isOff}
      onChange={({ target }) => onSave(target.checked)}
    />
  )
}

function SelectEditor({ id, value, property, document, isOff, aria, onSave }: EditorProps) {
  const { options } = property
  const text = textOf(value)
  const chosen = options.find((option) => [option.id, option.name, option.uuid].includes(text))
  return (
    <span className="select">
      {chosen && <OptionMark {...lookOfOption(document, chosen)} />}
      <select
        id={id}
        {...aria}
        value={chosen?.id ?? text}
        disabled={isOff}
        onChange={({ target }) => onSave(target.value === '' ? null : target.value)}
      >
        {!chosen && text !== '' && <option value={text}>{text}</option>}
        <option value="">None</option>
        {options.map((option) => (
          <option key={option.uuid} value={option.id}>
            {option.name}
          </option>
        ))}
      </select>
    </span>
  )
}

/** Any JSON; text that is no JSON is not sent. */
function JsonEditor({ id, value, isOff, aria, onSave, onEdit }: EditorProps) {
  const text = value === null ? '' : JSON.stringify(value, null, 2)
  const draft = useDraft(
    text,
    (next) => {
      try {
        onSave(next.trim() === '' ? null : (JSON.parse(next) as JsonValue))
      } catch {
        // The rules refuse a text where an object is expected, and say so.
        onSave(next)
      }
    },
    onEdit,
  )
  return (
    <>
      <textarea
        id={id}
        rows={4}
        className="code"
        spellCheck={false}
        {...aria}
        {...draft.field}
        readOnly={isOff}
      />
      <Theirs theirs={draft.theirs} onTake={draft.drop} />
    </>
  )
}

const EDITORS: Readonly<Record<string, ComponentType<EditorProps>>> = {
  text: TextEditor,
  string: TextEditor,
  editor: LongTextEditor,
  number: NumberEditor,
  currency: NumberEditor,
  date: DateEditor,
  checkbox: CheckboxEditor,
  select: SelectEditor,
  person: ReferenceEditor,
  node_reference: ReferenceEditor,
  object: JsonEditor,
}

/** The editor of a property type; types that are not known here take any text. */
export function editorOf(type: string): ComponentType<EditorProps> {
  return (Object.hasOwn(EDITORS, type) ? EDITORS[type] : undefined) ?? TextEditor
}
