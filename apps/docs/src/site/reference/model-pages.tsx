import { models } from '../../models.js'
import { Heading, render } from '../html.js'
import type { SitePage } from '../page.js'
import { placeOf } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { ShapeTables } from './field-table.js'
import { Lead, Links } from './parts.js'
import { textOf } from './shape.js'
import { usesOfModels, type Use } from './usage.js'

function modelPage(site: SiteContext, name: string, uses: readonly Use[]): SitePage {
  const path = placeOf.model(name)
  const on = { site, path }
  const said = textOf(site.names.body(name), 'description')
  const body = render(
    <>
      {said !== undefined && <Lead on={on} text={said} />}
      <Heading level={2} id="shape" text="Shape" />
      <ShapeTables on={on} shapes={site.shapes.ofModel(name)} prefix="field" />
      {uses.length > 0 && (
        <>
          <Heading level={2} id="used-in" text="Used in" />
          <Links links={uses} />
        </>
      )}
    </>,
  )
  const description = said ?? `The type ${name} of the contract.`
  return { path, title: name, description, kind: 'Model', body }
}

/** One page for each type with a name, in the order of the alphabet. */
export function modelPages(site: SiteContext): SitePage[] {
  const uses = usesOfModels(site.contract, site.names)
  return [...models.keys()].toSorted().map((name) => modelPage(site, name, uses.get(name) ?? []))
}
