import { Fragment } from 'react'
import { Html, render } from '../html.js'
import type { NavItem, NavSection } from '../navigation.js'
import { neighboursOf } from '../navigation.js'
import { headingsOf, type Heading as HeadingOfPage, type SitePage } from '../page.js'
import { siteLink } from '../places.js'
import { MenuIcon, SearchIcon, ThemeIcon } from './icons.js'

/** Nothing from elsewhere, nothing inline. What only a header can say, the server adds. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"

type Frame = {
  page: SitePage
  sections: readonly NavSection[]
  /** The folder of scripts and styles, below the root of the site. */
  assets: string
  version: string
}

function Head({ page: { title, description, path }, assets }: Frame) {
  const file = (name: string) => siteLink(`${assets}/${name}`)
  return (
    <head>
      <meta charSet="utf-8" />
      <meta httpEquiv="Content-Security-Policy" content={PAGE_POLICY} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{path === '' ? `${title}: documentation` : `${title} · Talus`}</title>
      <meta name="description" content={description.replaceAll('`', '')} />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href={file('icon.svg')} />
      <link rel="stylesheet" href={file('site.css')} />
      <script src={file('theme.js')} />
      <script type="module" src={file('site.js')} />
    </head>
  )
}

const sectionOf = (path: string) => `${path.split('/')[0]}/`

function Header({ page, sections }: Frame) {
  return (
    <header className="top">
      <button type="button" className="icon menu" popoverTarget="site-nav" aria-label="Menu">
        <MenuIcon />
      </button>
      <a className="brand" href={siteLink('')}>
        Talus
      </a>
      <nav className="sections-nav" aria-label="Sections">
        {sections.map(({ title, path }) => (
          <a
            key={path}
            href={siteLink(path)}
            aria-current={sectionOf(page.path) === path || undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <button type="button" className="search-open needs-script" aria-keyshortcuts="/">
        <SearchIcon />
        <span>Search</span>
        <kbd>/</kbd>
      </button>
      <button type="button" className="icon theme needs-script" aria-label="Theme">
        <ThemeIcon />
      </button>
    </header>
  )
}

/** A long path is broken before a slash, and not inside a word. */
function Code({ text }: { text: string }) {
  const [first, ...parts] = text.split(/(?=\/)/)
  return (
    <code>
      {first}
      {parts.map((part) => (
        <Fragment key={part}>
          <wbr />
          {part}
        </Fragment>
      ))}
    </code>
  )
}

function NavLink({ item, path }: { item: NavItem; path: string }) {
  return (
    <a href={siteLink(item.path)} aria-current={item.path === path ? 'page' : undefined}>
      {item.isCode ? <Code text={item.title} /> : item.title}
    </a>
  )
}

function NavList({ items, path }: { items: readonly NavItem[]; path: string }) {
  return (
    <ul>
      {items.map((item) => (
        <li key={item.path}>
          <NavLink item={item} path={path} />
          {item.items.length > 0 && path.startsWith(item.path) && (
            <NavList items={item.items} path={path} />
          )}
        </li>
      ))}
    </ul>
  )
}

function Sidebar({ page: { path }, sections }: Frame) {
  return (
    <nav id="site-nav" className="sidebar" aria-label="Pages" popover="auto">
      {sections.map((section) => (
        <div key={section.path}>
          <p>
            <a
              href={siteLink(section.path)}
              aria-current={section.path === path ? 'page' : undefined}
            >
              {section.title}
            </a>
          </p>
          <NavList items={section.items} path={path} />
        </div>
      ))}
    </nav>
  )
}

function ContentsList({ headings }: { headings: readonly HeadingOfPage[] }) {
  return (
    <ul>
      {headings.map(({ depth, id, text }) => (
        <li key={id} className={`depth-${depth}`}>
          <a href={`#${id}`}>{text}</a>
        </li>
      ))}
    </ul>
  )
}

function Contents({ headings }: { headings: readonly HeadingOfPage[] }) {
  return (
    <nav className="contents" aria-label="On this page">
      <p>On this page</p>
      <ContentsList headings={headings} />
    </nav>
  )
}

/** The same where there is no room beside the text. */
function FoldedContents({ headings }: { headings: readonly HeadingOfPage[] }) {
  return (
    <details className="folded-contents">
      <summary>On this page</summary>
      <ContentsList headings={headings} />
    </details>
  )
}

function Neighbours({ page, sections }: Frame) {
  const { before, after } = neighboursOf(sections, page.path)
  if (!before && !after) return null
  return (
    <nav className="neighbours" aria-label="Previous and next page">
      {before && (
        <a className="before" rel="prev" href={siteLink(before.path)}>
          <span>Previous</span> {before.title}
        </a>
      )}
      {after && (
        <a className="after" rel="next" href={siteLink(after.path)}>
          <span>Next</span> {after.title}
        </a>
      )}
    </nav>
  )
}

function Title({ page: { kind, title } }: Frame) {
  return (
    <>
      {kind !== undefined && <p className="kind">{kind}</p>}
      <h1>{kind === undefined ? title : <code>{title}</code>}</h1>
    </>
  )
}

function Article(frame: Frame) {
  const { page } = frame
  const headings = headingsOf(page.body)
  const isLong = headings.length > 1
  return (
    <div className="layout">
      <Sidebar {...frame} />
      <main id="site-content" tabIndex={-1}>
        <article>
          <Title {...frame} />
          {isLong && <FoldedContents headings={headings} />}
          <Html html={page.body} />
        </article>
        <Neighbours {...frame} />
      </main>
      {isLong && <Contents headings={headings} />}
    </div>
  )
}

function Landing(frame: Frame) {
  return (
    <div className="layout wide">
      <Sidebar {...frame} />
      <main id="site-content" tabIndex={-1}>
        <h1>{frame.page.title}</h1>
        <Html html={frame.page.body} />
      </main>
    </div>
  )
}

function Search() {
  return (
    <dialog id="site-search" className="search" aria-label="Search">
      <form method="dialog">
        <SearchIcon />
        <input
          type="search"
          aria-label="Search the documentation"
          placeholder="Search"
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit">Close</button>
      </form>
      <p className="search-status" role="status" aria-live="polite" />
      <ul className="search-results" />
    </dialog>
  )
}

/** The whole page, with links that are not relative yet. */
export function frameOf(frame: Frame): string {
  const isLanding = frame.page.path === ''
  const html = render(
    <html lang="en">
      <Head {...frame} />
      <body>
        <a className="skip" href="#site-content">
          Skip to the content
        </a>
        <Header {...frame} />
        {isLanding ? <Landing {...frame} /> : <Article {...frame} />}
        <footer>
          <p>
            Talus, protocol {frame.version}. <a href={siteLink('reference/history/')}>History</a>,{' '}
            <a href={siteLink('reference/downloads/')}>specifications</a>. MIT licence.
          </p>
        </footer>
        <Search />
      </body>
    </html>,
  )
  return `<!doctype html>\n${html}\n`
}
