import type { Schema } from '../../contract.js'
import { SchemaNames } from './schema-names.js'
import { Fields, Line, type On } from './parts.js'
import { textOf, type Field, type Shape } from './shape.js'
import { typeText } from './type-text.js'

/** A fragment that leads to a field. */
const fieldId = (prefix: string, path: string) =>
  `${prefix}.${path.replaceAll('[]', '').replaceAll('*', 'any')}`

/** What a field says of itself, or else its model, or the only one that it may be beside null. */
function descriptionOf(on: On, schema: Schema): string | undefined {
  const name = SchemaNames.nameOf(schema)
  if (name !== undefined) return textOf(on.site.names.body(name), 'description')
  const variants = ((schema['anyOf'] ?? []) as Schema[]).filter(({ type }) => type !== 'null')
  const [only] = variants
  const said = textOf(schema, 'description')
  return said === undefined && only && variants.length === 1 ? descriptionOf(on, only) : said
}

function FieldRow({ on, field, prefix }: { on: On; field: Field; prefix: string }) {
  const { path, required, schema, limits } = field
  const id = fieldId(prefix, path)
  const description = descriptionOf(on, schema)
  const depth = path.split('.').length - 1
  return (
    <tr id={id} className={`depth-${Math.min(depth, 3)}`}>
      <th scope="row">
        <a className="field" href={`#${id}`}>
          <code>{path}</code>
        </a>
      </th>
      <td className="type">{typeText(schema)}</td>
      <td className="required">{required ? 'required' : 'optional'}</td>
      <td className="about">
        {description !== undefined && <Line on={on} text={description} />}
        {limits.length > 0 && (
          <span className="limits">
            <Line on={on} text={limits.join(', ')} />
          </span>
        )}
      </td>
    </tr>
  )
}

function FieldTable({ on, fields, prefix }: { on: On; fields: readonly Field[]; prefix: string }) {
  return (
    <Fields columns={['Field', 'Type', 'Required', 'What it is']}>
      {fields.map((field) => (
        <FieldRow key={field.path} on={on} field={field} prefix={prefix} />
      ))}
    </Fields>
  )
}

function ShapePart({ on, shape, prefix }: { on: On; shape: Shape; prefix: string }) {
  const { label, fields, value, limits } = shape
  return (
    <>
      {label !== undefined && (
        <p className="form">
          <code>{label}</code>
        </p>
      )}
      {value !== undefined && (
        <p>
          {typeText(value)}
          {limits.length > 0 && (
            <>
              {', '}
              <Line on={on} text={limits.join(', ')} />
            </>
          )}
        </p>
      )}
      {fields.length > 0 && <FieldTable on={on} fields={fields} prefix={prefix} />}
    </>
  )
}

/** All forms of a message. The ids of fields begin with `prefix`, `payload.session_id`. */
export function ShapeTables(props: { on: On; shapes: readonly Shape[]; prefix: string }) {
  const { on, shapes, prefix } = props
  return shapes.map((shape, index) => (
    <ShapePart
      key={shape.label ?? prefix}
      on={on}
      shape={shape}
      prefix={index === 0 ? prefix : `${prefix}-${index + 1}`}
    />
  ))
}
