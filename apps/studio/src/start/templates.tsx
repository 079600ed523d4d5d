import type { TemplateInfo } from '@talus/protocol'
import { useCallback, useState } from 'react'
import { useClient } from '../account/account.js'
import { Button } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { NewProject } from './new-project.js'
import { TemplatePicture } from './template-picture.js'

/** Choice of the template for a new project. */
export function Templates() {
  const client = useClient()
  const { value, error, reload } = useLoaded(
    useCallback(() => client.rest.listTemplates(), [client]),
  )
  const [chosen, setChosen] = useState<TemplateInfo>()
  return (
    <section aria-labelledby="templates">
      <h2 id="templates">New project</h2>
      {error !== undefined && (
        <p role="alert" className="problem-text">
          The templates could not be loaded: {messageOf(error)}{' '}
          <Button onClick={reload}>Try again</Button>
        </p>
      )}
      <ul className="templates">
        {value?.templates.map((template) => (
          <li key={template.template_id}>
            <TemplateCard template={template} onChoose={() => setChosen(template)} />
          </li>
        ))}
      </ul>
      <Dialog
        title={`New project: ${chosen?.name ?? ''}`}
        isOpen={chosen !== undefined}
        onClose={() => setChosen(undefined)}
      >
        {chosen && <NewProject template_id={chosen.template_id} name={chosen.name} />}
      </Dialog>
    </section>
  )
}

type CardProps = { template: TemplateInfo; onChoose: () => void }

function TemplateCard({ template, onChoose }: CardProps) {
  const { template_id, name, description, node_types } = template
  return (
    <button type="button" className="template card" onClick={onChoose}>
      <TemplatePicture template_id={template_id} />
      <span className="template-name">
        {name} <small>{node_types} types</small>
      </span>
      {description !== undefined && <span className="quiet">{description}</span>}
    </button>
  )
}
