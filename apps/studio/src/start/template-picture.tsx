import { lazy, Suspense, useCallback } from 'react'
import { useClient } from '../account/account.js'
import { useLoaded } from '../parts/loaded.js'

/** What lays it out is a third of the start page, and not what somebody waits for. */
const SmallDiagram = lazy(() =>
  import('../templates/type-diagram.js').then((part) => ({ default: part.SmallDiagram })),
)

/** The types of a template at a glance, in a frame that is there at once. */
export function TemplatePicture({ template_id }: { template_id: string }) {
  const client = useClient()
  const { value } = useLoaded(
    useCallback(() => client.rest.getTemplateSchema({ template_id }), [client, template_id]),
  )
  return (
    <span className="template-frame">
      <Suspense>{value && <SmallDiagram template={value} />}</Suspense>
    </span>
  )
}
