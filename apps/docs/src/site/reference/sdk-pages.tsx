import { Heading, Html, render } from '../html.js'
import { codeBlock } from '../markdown/code.js'
import { escapeHtml } from '../markdown/escape.js'
import type { NamedPart, SitePage } from '../page.js'
import { placeOf, sdkFolder, siteLink } from '../places.js'
import type { SiteContext } from '../site-context.js'
import type { SdkEntry, SdkMember, SdkName } from '../sources.js'
import { GROUPS } from '../navigation.js'
import { Facts, Fields, Line, Links, type On } from './parts.js'

type Placed = { name: SdkName; entry: SdkEntry; path: string }

const hasSections = ({ kind }: SdkName) => kind === 'class' || kind === 'interface'

/** Hooks and components are functions that are used in another way. */
function kindOf({ name, kind }: SdkName, { specifier }: SdkEntry): string {
  if (kind !== 'function') return { class: 'Class', interface: 'Interface', type: 'Type' }[kind]
  if (!specifier.endsWith('/react')) return 'Function'
  return name.startsWith('use') ? 'React hook' : 'React component'
}

/** The first paragraph, in one line. */
function summaryOf(docs: string): string {
  const [first = ''] = docs.split('\n\n')
  return first.replaceAll(/\s+/g, ' ')
}

const WORD_OUTSIDE_TAGS = /<[^>]*>|[A-Za-z]\w*/g

/** Names of the SDK and of the contract in a signature are links to their pages. */
function linked({ site: { places }, path }: On, html: string): string {
  return html.replaceAll(WORD_OUTSIDE_TAGS, (word) => {
    const place = places.find(`sdk/${word}`) ?? places.find(`model/${word}`)
    const isType = /^[A-Z]/.test(word)
    return place === undefined || place === path || !isType
      ? word
      : `<a href="${siteLink(place)}">${word}</a>`
  })
}

function Signature({ on, code }: { on: On; code: string }) {
  return <Html html={linked(on, codeBlock({ code, language: 'ts' }))} />
}

/** A docstring: Markdown with paragraphs and code. */
function Docs({ on, text }: { on: On; text: string }) {
  return text === '' ? null : <Html html={on.site.markdown.page(text, on.path)} />
}

function MemberSection({ on, name, member }: { on: On; name: string; member: SdkMember }) {
  return (
    <>
      <Heading level={3} id={member.name} text={`${name}.${member.name}`} />
      <Signature on={on} code={member.code} />
      <Docs on={on} text={member.docs} />
    </>
  )
}

function MemberRow({ on, member, id }: { on: On; member: SdkMember; id: string }) {
  const type = `<code>${linked(on, escapeHtml(member.type))}</code>`
  return (
    <tr id={id}>
      <th scope="row">
        <a className="field" href={`#${id}`}>
          <code>{member.name}</code>
        </a>
      </th>
      <td className="type">{member.type !== '' && <Html html={type} as="span" />}</td>
      <td className="required">{member.isOptional ? 'optional' : ''}</td>
      <td className="about">
        <Line on={on} text={summaryOf(member.docs)} />
      </td>
    </tr>
  )
}

type Table = { on: On; members: readonly SdkMember[]; idOf: (name: string) => string }

function MemberTable({ on, members, idOf }: Table) {
  return (
    <Fields columns={['Name', 'Type', 'Optional', 'What it is']}>
      {members.map((member) => (
        <MemberRow key={member.name} on={on} member={member} id={idOf(member.name)} />
      ))}
    </Fields>
  )
}

function Members({ on, name }: { on: On; name: SdkName }) {
  if (name.members.length === 0) return null
  return (
    <>
      <Heading level={2} id="members" text="Members" />
      {hasSections(name) ? (
        name.members.map((member) => (
          <MemberSection key={member.name} on={on} name={name.name} member={member} />
        ))
      ) : (
        <MemberTable on={on} members={name.members} idOf={(member) => member} />
      )}
    </>
  )
}

/** What may be given to a function, where a type of its own lists it. */
function Parameters({ on, types }: { on: On; types: readonly SdkName[] }) {
  return types.map(({ name, members }) => (
    <section key={name}>
      <Heading level={2} id={name} text={name} />
      <MemberTable on={on} members={members} idOf={(member) => `${name}.${member}`} />
    </section>
  ))
}

function SeeAlso({ on, name }: { on: On; name: SdkName }) {
  const { places } = on.site
  const own = name.own.map((title) => ({ title, path: places.named(`sdk/${title}`) }))
  const models = name.foreign.flatMap(({ names }) =>
    names.flatMap((title) => {
      const path = places.find(`model/${title}`)
      return path === undefined ? [] : [{ title, path }]
    }),
  )
  if (own.length + models.length === 0) return null
  return (
    <>
      <Heading level={2} id="see-also" text="See also" />
      <Links
        links={[...own, ...models].map(({ title, path }) => ({
          title: <code>{title}</code>,
          path,
        }))}
      />
    </>
  )
}

const partsOf = ({ name, members }: SdkName): NamedPart[] =>
  members.map((member) => ({
    id: member.name,
    title: `${name}.${member.name}`,
    text: summaryOf(member.docs),
  }))

function sdkPage(
  site: SiteContext,
  { name, entry, path }: Placed,
  all: readonly Placed[],
): SitePage {
  const on = { site, path }
  const parameters = all
    .map((one) => one.name)
    .filter(({ name: type, kind, members }) => {
      return kind === 'type' && members.length > 0 && name.parameters.includes(type)
    })
  const statement = `import ${name.isType ? 'type ' : ''}{ ${name.name} } from '${entry.specifier}'`
  const body = render(
    <>
      {name.signatures.length === 0 && <Docs on={on} text={name.docs} />}
      <Facts facts={[{ name: 'Import', value: <code>{statement}</code> }]} />
      {name.signatures.map(({ code, docs }) => (
        <section key={code}>
          <Signature on={on} code={code} />
          <Docs on={on} text={docs} />
        </section>
      ))}
      {name.where !== '' && (
        <>
          <p>where</p>
          <Signature on={on} code={name.where} />
        </>
      )}
      <Parameters on={on} types={parameters} />
      <Members on={on} name={name} />
      <SeeAlso on={on} name={name} />
    </>,
  )
  const description = summaryOf(name.docs)
  const parts = partsOf(name)
  return { path, title: name.name, description, kind: kindOf(name, entry), body, parts }
}

/** One page for each public name of the SDK, entry point by entry point. */
export function sdkPages(site: SiteContext, sdk: readonly SdkEntry[]): SitePage[] {
  const lost = sdk.find(({ specifier }) => {
    return !GROUPS.some(({ folder }) => folder === sdkFolder(specifier))
  })
  if (lost) throw new Error(`The navigation has no group for ${lost.specifier}`)
  const all = sdk.flatMap((entry) =>
    entry.names.map((name) => ({ name, entry, path: placeOf.sdk(name, entry) })),
  )
  return all.map((one) => sdkPage(site, one, all))
}
