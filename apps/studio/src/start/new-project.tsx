import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient } from '../account/account.js'
import { rememberSession } from '../account/recent.js'
import { Button } from '../parts/button.js'
import { messageOf } from '../parts/loaded.js'
import { TemplatePicture } from './template-picture.js'

/** Form that creates a project from a template, with a diagram of its types. */
export function NewProject({ template_id, name: template }: { template_id: string; name: string }) {
  const client = useClient()
  const navigate = useNavigate()
  const [name, setName] = useState(`My ${template.toLowerCase()}`)
  const [state, setState] = useState<{ isBusy: boolean; problem?: string }>({ isBusy: false })
  // A retry with the same id does not create a second project.
  const [command_id] = useState(() => crypto.randomUUID())

  async function create(): Promise<void> {
    setState({ isBusy: true })
    try {
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
      <TemplatePicture template_id={template_id} />
      <label className="field">
        <span>Project name</span>
        <input
          value={name}
          required
          maxLength={200}
          autoFocus
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
