import type { ReactNode } from 'react'
import { examplesOf } from '../examples/examples.js'
import type { Act } from '../examples/example.js'
import { Heading, Html } from '../html.js'
import { codeBlock, tabGroup } from '../markdown/code.js'
import { placeOf, siteLink } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { rulesAbout } from './rules.js'

/** The site, and the page that is made. */
export type On = { site: SiteContext; path: string }

/** One line of Markdown. */
export function Line({
  on: { site, path },
  text,
  as,
}: {
  on: On
  text: string
  as?: 'p' | 'span'
}) {
  return <Html html={site.markdown.line(text, path)} as={as ?? 'span'} />
}

export function Lead({ on, text }: { on: On; text: string }) {
  return (
    <div className="lead">
      <Line on={on} text={text} as="p" />
    </div>
  )
}

export type Fact = { name: string; value: ReactNode }

/** What is to be known at a glance. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A table of what something consists of, a row each. */
export function Fields({ columns, children }: { columns: readonly string[]; children: ReactNode }) {
  return (
    <table className="fields">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

export function Json({ value, title }: { value: unknown; title?: string }) {
  return (
    <Html html={codeBlock({ code: JSON.stringify(value, null, 2), language: 'json', title })} />
  )
}

/** Programs that do the same in several languages. */
export function Examples({ on: { site }, act }: { on: On; act: Act }) {
  const tabs = examplesOf(act, site.contract).map(({ label, language, code }) => ({
    label,
    html: codeBlock({ code, language }),
  }))
  return (
    <>
      <Heading level={2} id="code" text="Code" />
      <Html html={tabGroup('code-tabs', tabs)} />
    </>
  )
}

/** Links in a row, separated by commas. */
export function Links({ links }: { links: readonly { title: ReactNode; path: string }[] }) {
  return (
    <ul className="links">
      {links.map(({ title, path }) => (
        <li key={path}>
          <a href={siteLink(path)}>{title}</a>
        </li>
      ))}
    </ul>
  )
}

/** The rules that speak of this, in full. */
export function Rules({ on, names }: { on: On; names: readonly string[] }) {
  const rules = rulesAbout(on.site.rules, names)
  if (rules.length === 0) return null
  return (
    <>
      <Heading level={2} id="rules" text="Rules" />
      <ul className="rules">
        {rules.map(({ id, text }) => (
          <li key={id}>
            <a className="rule-id" href={siteLink(placeOf.rule(id))}>
              {id}
            </a>{' '}
            <Line on={on} text={text} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** The codes that something may be refused with. */
export function ErrorTable({ on, codes }: { on: On; codes: readonly string[] }) {
  const { errors } = on.site.contract
  return (
    <table className="fields">
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Status</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {codes.map((code) => (
          <tr key={code}>
            <th scope="row">
              <a href={siteLink(placeOf.error(code))}>
                <code>{code}</code>
              </a>
            </th>
            <td>{errors[code]?.status}</td>
            <td>
              <Line on={on} text={errors[code]?.description ?? ''} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
