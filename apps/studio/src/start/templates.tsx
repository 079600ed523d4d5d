import type { TemplateInfo } from '@talus/protocol'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { useClient } from '../account/account.js'
import { rememberSession } from '../account/recent.js'
import { Button } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { TemplatePicture } from './template-picture.js'

/** The templates of the server; one of them makes a project. */
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
        {chosen && <NewProject template={chosen} />}
      </Dialog>
    </section>
  )
}

type CardProps = { template: TemplateInfo; onChoose: () => void }

function TemplateCard({ template, onChoose }: CardProps) {
  const client = useClient()
  const { template_id, name, description, node_types } = template
  const { value: schema } = useLoaded(
    useCallback(() => client.rest.getTemplateSchema({ template_id }), [client, template_id]),
  )
  return (
    <button type="button" className="template card" onClick={onChoose}>
      <span className="template-frame">{schema && <TemplatePicture template={schema} />}</span>
      <span className="template-name">
        {name} <small>{node_types} types</small>
      </span>
      {description !== undefined && <span className="quiet">{description}</span>}
    </button>
  )
}

function NewProject({ template }: { template: TemplateInfo }) {
  const client = useClient()
  const navigate = useNavigate()
  const [name, setName] = useState(`My ${template.name.toLowerCase()}`)
  const [state, setState] = useState<{ isBusy: boolean; problem?: string }>({ isBusy: false })
  // A retry with the same id makes no second project.
  const [command_id] = useState(() => crypto.randomUUID())

  async function create(): Promise<void> {
    setState({ isBusy: true })
    try {
      const { template_id } = template
      const made = { template_id, project_name: name.trim(), command_id }
      const { session_id } = await client.rest.createProject(made)
      rememberSession(session_id, name.trim())
      await navigate({ to: '/s/$sessionId', params: { sessionId: session_id } })
    } catch (error) {
      setState({ isBusy: false, problem: messageOf(error) })
    }
  }

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        void create()
      }}
    >
      <label className="field">
        <span>Project name</span>
        <input
          value={name}
          required
          maxLength={200}
          onFocus={({ target }) => target.select()}
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      {state.problem !== undefined && (
        <p role="alert" className="problem-text">
          {state.problem}
        </p>
      )}
      <Button type="submit" look="primary" disabled={state.isBusy}>
        {state.isBusy ? 'Creating…' : 'Create project'}
      </Button>
    </form>
  )
}
