import { EVENT_FOLDERS } from './places.js'
import type { SitePage } from './page.js'

export type NavItem = { title: string; path: string; isCode: boolean; items: NavItem[] }
export type NavSection = { title: string; path: string; items: NavItem[] }

/** The sections of the pages, in the order in which they are read. */
export const SECTIONS = {
  start: { title: 'Getting started', about: 'From an empty folder to two clients in one session.' },
  concepts: { title: 'Concepts', about: 'How Talus works.' },
  guides: { title: 'Guides', about: 'A complete solution for one task each.' },
} as const

export type SectionName = keyof typeof SECTIONS
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[]

export type Group = { folder: string; title: string; about: string }

/** What the reference has one page each for. */
export const GROUPS: readonly Group[] = [
  {
    folder: 'sdk',
    title: 'SDK',
    about: 'The exports of `@talus/client`: `connect()`, sessions, graphs, errors, stores, REST.',
  },
  {
    folder: 'sdk-react',
    title: 'SDK for React',
    about: 'The exports of `@talus/client/react`: hooks and `SessionProvider`.',
  },
  {
    folder: 'sdk-node',
    title: 'SDK for Node',
    about: 'The exports of `@talus/client/node`: a store in a file.',
  },
  {
    folder: 'sdk-templates',
    title: 'SDK for templates',
    about: 'The exports of `@talus/client/templates`: reads templates as the server does.',
  },
  {
    folder: 'sdk-raw',
    title: 'SDK for tools',
    about: 'The exports of `@talus/client/raw`: what goes over the wire, unchanged.',
  },
  {
    folder: 'requests',
    title: 'Requests',
    about: 'The messages that clients send over Socket.IO. Each takes an acknowledgement callback.',
  },
  {
    folder: 'commands',
    title: 'Commands',
    about: 'The changes of the graph. Send them with `execute_command`, or over REST.',
  },
  {
    folder: EVENT_FOLDERS['/'],
    title: 'Events of /',
    about: 'The events that the server sends on the root namespace.',
  },
  {
    folder: EVENT_FOLDERS['/graph'],
    title: 'Events of /graph',
    about: 'The events that the server sends on the namespace `/graph`.',
  },
  { folder: 'routes', title: 'REST routes', about: 'The HTTP interface, below `/api/v1`.' },
  {
    folder: 'errors',
    title: 'Errors',
    about: 'All error codes; they are the same on every interface.',
  },
  { folder: 'models', title: 'Models', about: 'The types that messages share.' },
]

export const groupPath = ({ folder }: Pick<Group, 'folder'>) => `reference/${folder}/`

const isIn = (path: string) => (page: SitePage) =>
  page.path.startsWith(path) && page.path !== path && !page.path.includes('#')

/** Words stay words; everything that is typed into a program is code. */
const isCode = ({ kind }: SitePage) => kind !== undefined

const item = (page: SitePage): NavItem => ({
  title: page.short ?? page.title,
  path: page.path,
  isCode: isCode(page),
  items: [],
})

/** The pages of one group, in their order. */
export const pagesOf = (pages: readonly SitePage[], path: string) => pages.filter(isIn(path))

/** What the sidebar shows. `texts` are the pages of the reference that stand alone. */
export function navigationOf(pages: readonly SitePage[], texts: readonly SitePage[]): NavSection[] {
  const sections = SECTION_NAMES.map((name) => ({
    title: SECTIONS[name].title,
    path: `${name}/`,
    items: pagesOf(pages, `${name}/`).map(item),
  }))
  const groups = GROUPS.map(({ title, ...group }) => {
    const path = groupPath(group)
    return { title, path, isCode: false, items: pagesOf(pages, path).map(item) }
  })
  const reference = {
    title: 'Reference',
    path: 'reference/',
    items: [...texts.map(item), ...groups],
  }
  return [...sections, reference].filter(({ items }) => items.length > 0)
}

/** The pages before and after one, in the order of the sidebar. */
export function neighboursOf(
  sections: readonly NavSection[],
  path: string,
): { before?: NavItem; after?: NavItem } {
  const order = sections.flatMap(({ items }) => items.flatMap((one) => [one, ...one.items]))
  const at = order.findIndex((one) => one.path === path)
  const [before, after] = at < 0 ? [] : [order[at - 1], order[at + 1]]
  return { ...(before ? { before } : {}), ...(after ? { after } : {}) }
}
