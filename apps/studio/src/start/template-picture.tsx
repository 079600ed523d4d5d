import { lazy, Suspense, useCallback } from 'react'
import { useClient } from '../account/account.js'
import { useLoaded } from '../parts/loaded.js'

/** Loaded lazily: the layout code is a third of the start page. */
const SmallDiagram = lazy(() =>
  import('../templates/type-diagram.js').then((part) => ({ default: part.SmallDiagram })),
)

/** Diagram of a template's types, in a frame that is rendered at once. */
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
