import type { JsonObject } from '@talus/protocol'
import { useMemo } from 'react'
import { TypeMark } from '../parts/type-mark.js'
import { typesOf, type DiagramType } from './diagram-layout.js'

type TypeDetailsProps = {
  template: JsonObject
  chosen: string | undefined
  onChoose: (id: string) => void
}

/** Details of a type, and a table of all types as the text alternative of the diagram. */
export function TypeDetails({ template, chosen, onChoose }: TypeDetailsProps) {
  const types = useMemo(() => typesOf(template), [template])
  const byId = useMemo(() => new Map(types.map((type) => [type.id, type])), [types])
  const type = chosen === undefined ? undefined : byId.get(chosen)
  const links = (ids: readonly string[]) =>
    ids.length === 0
      ? 'nothing'
      : ids.map((id) => (
          <button key={id} type="button" className="link" onClick={() => onChoose(id)}>
            {byId.get(id)?.label ?? id}
          </button>
        ))
  return (
    <>
      <section className="card type-details" aria-live="polite" aria-labelledby="type-title">
        {type ? (
          <>
            <h2 id="type-title">
              <TypeMark look={type.look} /> {type.label} <code>{type.id}</code>
            </h2>
            <p className="type-links">
              {type.isRoot && <span>The root of a project. </span>}
              Stands below {links(type.above)}; holds {links(type.below)}
            </p>
            <Properties type={type} />
          </>
        ) : (
          <>
            <h2 id="type-title">{types.length} types</h2>
            <p className="quiet">Choose one to see what it has.</p>
          </>
        )}
      </section>
      <details className="card type-table">
        <summary>All types in words</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label="All types in words">
          <table>
            <thead>
              <tr>
                <th scope="col">Type</th>
                <th scope="col">Stands below</th>
                <th scope="col">Holds</th>
                <th scope="col">Properties</th>
              </tr>
            </thead>
            <tbody>
              {types.map((one) => (
                <tr key={one.id}>
                  <th scope="row">{one.label}</th>
                  <td>{one.above.map((id) => byId.get(id)?.label).join(', ') || '–'}</td>
                  <td>{one.below.map((id) => byId.get(id)?.label).join(', ') || '–'}</td>
                  <td>{one.properties.map(({ label }) => label).join(', ') || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  )
}

function Properties({ type: { properties } }: { type: DiagramType }) {
  if (properties.length === 0) return <p className="quiet">It has no properties.</p>
  return (
    <dl className="type-properties">
      {properties.map(({ id, label, type, isRequired }) => (
        <div key={id}>
          <dt>
            {label} <code>{id}</code>
          </dt>
          <dd>
            {type}
            {isRequired && ', required'}
          </dd>
        </div>
      ))}
    </dl>
  )
}
