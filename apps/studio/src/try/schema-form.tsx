import { Plus, X } from 'lucide-react'
import { createContext, use, useId, useState, type ReactNode } from 'react'
import { IconButton } from '../parts/button.js'
import { fieldsOf } from './contract.js'
import type { Suggestion } from './facts.js'

/** The JSON Schema keywords that forms support. */
type Shape = {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
}

type Around = {
  /** Errors by JSON pointer. */
  issues: ReadonlyMap<string, string>
  suggest: (name: string) => readonly Suggestion[]
}

const AroundContext = createContext<Around>({ issues: new Map(), suggest: () => [] })

/** Field for any JSON value. */
const ANY: readonly Shape[] = [
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'null' },
  { type: 'json', description: 'List or object' },
]

const isConst = (shape: Shape) => 'const' in shape

function choicesOf(shape: Shape): readonly Shape[] | undefined {
  if (shape.anyOf) return shape.anyOf
  return shape.type === undefined && !isConst(shape) && !shape.properties ? ANY : undefined
}

/** Whether a value is of the kind that a shape is about; not whether it is valid. */
function isOfKind(shape: Shape, value: unknown): boolean {
  if (isConst(shape)) return shape.const === value
  const choices = choicesOf(shape)
  if (choices) return choices.some((choice) => isOfKind(choice, value))
  const { type = 'object' } = shape
  switch (type) {
    case 'integer':
      return typeof value === 'number'
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'json':
      return typeof value === 'object' && value !== null
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
      const fields = fieldsOf(value)
      const { required = [], properties = {} } = shape
      return required.every((name) => {
        const field = properties[name]
        return name in fields && (!field || !isConst(field) || field.const === fields[name])
      })
    }
    default:
      return typeof value === type
  }
}

/** What a field begins with. */
function blank(shape: Shape): unknown {
  if (isConst(shape)) return shape.const
  const [choice] = choicesOf(shape) ?? []
  if (choice) return blank(choice)
  const { type = 'object' } = shape
  switch (type) {
    case 'string':
      return ''
    case 'number':
    case 'integer':
      return shape.minimum ?? 0
    case 'boolean':
      return false
    case 'null':
      return null
    case 'array':
      return shape.minItems && shape.items ? [blank(shape.items)] : []
    default: {
      const { properties = {}, required = [] } = shape
      return Object.fromEntries(
        required.flatMap((name) => (properties[name] ? [[name, blank(properties[name])]] : [])),
      )
    }
  }
}

const KINDS: Record<string, string> = {
  string: 'Text',
  number: 'Number',
  integer: 'Number',
  boolean: 'True or false',
  null: 'Nothing (null)',
  array: 'List',
  object: 'Object',
}

/** What a choice is called: `before`, where that is what it has and the others have not. */
function nameOf(shape: Shape): string {
  if (isConst(shape)) return String(shape.const)
  const { properties = {}, required = Object.keys(properties) } = shape
  const command = properties['command_type']
  if (command && isConst(command)) return String(command.const)
  if (shape.type === 'object' && required.length > 0) return required.join(', ')
  return KINDS[shape.type ?? ''] ?? shape.description ?? 'JSON'
}

type FieldProps = {
  shape: Shape
  name: string
  /** JSON pointer to the value. */
  path: string
  value: unknown
  onChange: (value: unknown) => void
  isRequired?: boolean
  /** Takes the field away. */
  onRemove?: (() => void) | undefined
}

type FormProps = Around & { schema: object; value: unknown; onChange: (value: unknown) => void }

/** A form for whatever a JSON Schema describes. */
export function SchemaForm({ schema, value, onChange, ...around }: FormProps) {
  return (
    <AroundContext value={around}>
      <div className="schema-form">
        <Fields shape={schema} path="" value={value} onChange={onChange} />
      </div>
    </AroundContext>
  )
}

/** The fields of an object, and those that it could have. */
function Fields({
  shape,
  path,
  value,
  onChange,
}: Pick<FieldProps, 'shape' | 'path' | 'value' | 'onChange'>) {
  const { properties = {}, required = [] } = shape
  const fields = fieldsOf(value)
  const set = (name: string, next: unknown) => onChange({ ...fields, [name]: next })
  const absent = Object.keys(properties).filter((name) => !(name in fields))
  return (
    <>
      {Object.entries(properties).map(
        ([name, field]) =>
          name in fields && (
            <Field
              key={name}
              shape={field}
              name={name}
              path={`${path}/${name}`}
              value={fields[name]}
              isRequired={required.includes(name)}
              onChange={(next) => set(name, next)}
              onRemove={
                required.includes(name)
                  ? undefined
                  : () => {
                      const { [name]: _gone, ...rest } = fields
                      onChange(rest)
                    }
              }
            />
          ),
      )}
      {absent.length > 0 && (
        <div className="absent" role="group" aria-label="Fields that can be added">
          {absent.map((name) => (
            <button
              key={name}
              type="button"
              className="chip"
              title={properties[name]?.description}
              onClick={() => set(name, blank(properties[name] ?? {}))}
            >
              <Plus aria-hidden="true" />
              {name}
              {required.includes(name) && ' (required)'}
            </button>
          ))}
        </div>
      )}
    </>
  )
}

function Field(props: FieldProps) {
  const { shape } = props
  const choices = choicesOf(shape)
  if (choices?.every(isConst)) return <Choice {...props} choices={choices} />
  if (choices) return <Variants {...props} choices={choices} />
  if (isConst(shape)) return <Simple {...props} />
  if (shape.type === 'object' && Object.keys(shape.properties ?? {}).length > 0) {
    return (
      <Group {...props}>
        <Fields {...props} />
      </Group>
    )
  }
  if (shape.type === 'array' && shape.items) return <List {...props} items={shape.items} />
  if (shape.type === 'json' || shape.type === 'object' || shape.type === 'array') {
    return <JsonText {...props} />
  }
  return <Simple {...props} />
}

function Remove({ name, onRemove }: Pick<FieldProps, 'name' | 'onRemove'>) {
  if (!onRemove) return null
  return (
    <IconButton label={`Remove ${name}`} className="remove" onClick={onRemove}>
      <X />
    </IconButton>
  )
}

function Issue({ id, path }: { id: string; path: string }) {
  const issue = use(AroundContext).issues.get(path)
  if (issue === undefined) return null
  return (
    <p id={id} className="problem-text">
      Expected {issue}
    </p>
  )
}

/** A group of fields under a name. */
function Group({ name, path, onRemove, children }: FieldProps & { children: ReactNode }) {
  const id = useId()
  return (
    <fieldset className="schema-group">
      <legend>{name}</legend>
      <Remove name={name} onRemove={onRemove} />
      {children}
      <Issue id={id} path={path} />
    </fieldset>
  )
}

type LabelledProps = Pick<FieldProps, 'name' | 'path' | 'isRequired' | 'onRemove'> & {
  hint?: string | undefined
  children: (attributes: {
    id: string
    'aria-describedby': string | undefined
    'aria-invalid': true | undefined
  }) => ReactNode
}

/** One field with its name, and what is wrong with it. */
function Labelled({ name, path, isRequired, onRemove, hint, children }: LabelledProps) {
  const id = useId()
  const isWrong = use(AroundContext).issues.has(path)
  return (
    <div className="schema-field">
      <label htmlFor={id} title={hint}>
        {name}
        {isRequired && <span aria-hidden="true"> *</span>}
      </label>
      {children({
        id,
        'aria-describedby': isWrong ? `${id}-issue` : undefined,
        'aria-invalid': isWrong || undefined,
      })}
      <Remove name={name} onRemove={onRemove} />
      <Issue id={`${id}-issue`} path={path} />
    </div>
  )
}

function Simple({ shape, value, onChange, ...rest }: FieldProps) {
  const { suggest } = use(AroundContext)
  const listId = useId()
  const isNumber = shape.type === 'number' || shape.type === 'integer'
  // Items of a list are called by their number; what they are, the list says.
  const [called = rest.name] = rest.path
    .split('/')
    .filter((part) => !/^\d*$/.test(part))
    .slice(-1)
  const known = shape.type === 'string' ? suggest(called) : []
  return (
    <Labelled {...rest} hint={shape.description}>
      {(attributes) => {
        if (isConst(shape)) return <output {...attributes}>{String(shape.const)}</output>
        if (shape.type === 'null') return <output {...attributes}>null</output>
        if (shape.type === 'boolean') {
          return (
            <input
              {...attributes}
              type="checkbox"
              checked={value === true}
              onChange={({ target }) => onChange(target.checked)}
            />
          )
        }
        return (
          <>
            <input
              {...attributes}
              type={isNumber ? 'number' : 'text'}
              {...(isNumber && { step: shape.type === 'integer' ? 1 : 'any' })}
              value={typeof value === 'string' || typeof value === 'number' ? value : ''}
              spellCheck={false}
              autoComplete="off"
              list={known.length > 0 ? listId : undefined}
              onChange={({ target }) =>
                onChange(isNumber && target.value !== '' ? Number(target.value) : target.value)
              }
            />
            {known.length > 0 && (
              <datalist id={listId}>
                {known.map((one) => (
                  <option key={one.value} value={one.value}>
                    {one.label}
                  </option>
                ))}
              </datalist>
            )}
          </>
        )
      }}
    </Labelled>
  )
}

type ChosenProps = FieldProps & { choices: readonly Shape[] }

/** One of several words. */
function Choice({ choices, value, onChange, shape, ...rest }: ChosenProps) {
  return (
    <Labelled {...rest} hint={shape.description}>
      {(attributes) => (
        <select
          {...attributes}
          value={choices.findIndex((choice) => choice.const === value)}
          onChange={({ target }) => onChange(choices[Number(target.value)]?.const)}
        >
          {choices.map((choice, index) => (
            <option key={nameOf(choice)} value={index}>
              {nameOf(choice)}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}

/** One of several kinds of value. */
function Variants({ choices, ...field }: ChosenProps) {
  const { name, value, onChange } = field
  // What is typed may look like another kind for a while.
  const [chosen, setChosen] = useState(() =>
    Math.max(
      choices.findIndex((choice) => isOfKind(choice, value)),
      0,
    ),
  )
  const choice = choices[chosen] ?? {}
  return (
    <div className="schema-variants">
      <Field {...field} shape={choice} key={chosen} />
      <select
        className="variant"
        aria-label={`Kind of ${name}`}
        value={chosen}
        onChange={({ target }) => {
          const index = Number(target.value)
          setChosen(index)
          onChange(blank(choices[index] ?? {}))
        }}
      >
        {choices.map((one, index) => (
          <option key={nameOf(one)} value={index}>
            {nameOf(one)}
          </option>
        ))}
      </select>
    </div>
  )
}

function List({ items, ...field }: FieldProps & { items: Shape }) {
  const { name, path, value, onChange } = field
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  return (
    <Group {...field}>
      {list.map((item, index) => (
        <Field
          // Items have nothing but their place; taking one away makes those behind it anew.
          key={`${index} of ${list.length}`}
          shape={items}
          name={`${name} ${index + 1}`}
          path={`${path}/${index}`}
          value={item}
          isRequired
          onChange={(next) => onChange(list.with(index, next))}
          onRemove={() => onChange(list.toSpliced(index, 1))}
        />
      ))}
      <button type="button" className="chip" onClick={() => onChange([...list, blank(items)])}>
        <Plus aria-hidden="true" />
        {`${name} ${list.length + 1}`}
      </button>
    </Group>
  )
}

/** A value as JSON. While it is none, it is what was typed, which is then refused. */
function JsonText({ value, onChange, shape, ...rest }: FieldProps) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2))
  return (
    <Labelled {...rest} hint={shape.description}>
      {(attributes) => (
        <textarea
          {...attributes}
          rows={Math.min(text.split('\n').length, 10)}
          spellCheck={false}
          className="mono"
          value={text}
          onChange={({ target }) => {
            setText(target.value)
            try {
              onChange(JSON.parse(target.value))
            } catch {
              onChange(target.value)
            }
          }}
        />
      )}
    </Labelled>
  )
}
