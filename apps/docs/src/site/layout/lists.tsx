import { Heading, render } from '../html.js'
import {
  GROUPS,
  groupPath,
  pagesOf,
  SECTION_NAMES,
  SECTIONS,
  type Group,
  type SectionName,
} from '../navigation.js'
import type { SitePage } from '../page.js'
import { siteLink } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { Lead, Line } from '../reference/parts.js'

function PageList({ site, pages }: { site: SiteContext; pages: readonly SitePage[] }) {
  return (
    <dl className="pages">
      {pages.map(({ path, title, description, kind }) => (
        <div key={path}>
          <dt>
            <a href={siteLink(path)}>{kind === undefined ? title : <code>{title}</code>}</a>
          </dt>
          <dd>
            <Line on={{ site, path }} text={description} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const plain = (text: string) => text.replaceAll('`', '')

function groupPage(site: SiteContext, group: Group, pages: readonly SitePage[]): SitePage {
  const path = groupPath(group)
  const body = render(
    <>
      <Lead on={{ site, path }} text={group.about} />
      <PageList site={site} pages={pagesOf(pages, path)} />
    </>,
  )
  return { path, title: group.title, description: plain(group.about), body }
}

function sectionPage(site: SiteContext, name: SectionName, pages: readonly SitePage[]): SitePage {
  const path = `${name}/`
  const { title, about } = SECTIONS[name]
  const body = render(
    <>
      <Lead on={{ site, path }} text={about} />
      <PageList site={site} pages={pagesOf(pages, path)} />
    </>,
  )
  return { path, title, description: about, body }
}

function referencePage(site: SiteContext, texts: readonly SitePage[]): SitePage {
  const path = 'reference/'
  const groups = GROUPS.map((group) => ({
    path: groupPath(group),
    title: group.title,
    description: group.about,
    body: '',
  }))
  const body = render(
    <>
      <Lead
        on={{ site, path }}
        text={`Version ${site.contract.protocol_version} of the protocol, generated from the contract that the server itself is checked against.`}
      />
      <Heading level={2} id="texts" text="To read" />
      <PageList site={site} pages={texts} />
      <Heading level={2} id="messages" text="To look up" />
      <PageList site={site} pages={groups} />
    </>,
  )
  return {
    path,
    title: 'Reference',
    description: 'Every message, route, error and type of the protocol, and its rules.',
    body,
  }
}

/** The pages that list others. */
export function listPages(
  site: SiteContext,
  pages: readonly SitePage[],
  texts: readonly SitePage[],
): SitePage[] {
  const sections = SECTION_NAMES.filter((name) => pagesOf(pages, `${name}/`).length > 0)
  return [
    ...sections.map((name) => sectionPage(site, name, pages)),
    referencePage(site, texts),
    ...GROUPS.map((group) => groupPage(site, group, pages)),
  ]
}
