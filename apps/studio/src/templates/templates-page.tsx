import { Link } from '@tanstack/react-router'
import { useCallback } from 'react'
import { useClient } from '../account/account.js'
import { Button } from '../parts/button.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { TemplatePicture } from '../start/template-picture.js'
import { TopBar } from '../start/top-bar.js'
import './templates.css'

/** The templates of the server. */
export function TemplatesPage() {
  const client = useClient()
  const { value, error, reload } = useLoaded(
    useCallback(() => client.rest.listTemplates(), [client]),
  )
  return (
    <>
      <TopBar />
      <main className="templates-page">
        <div>
          <h1>Templates</h1>
          <p className="quiet">
            A template says which types of nodes there are, what may stand below what, and what each
            of them has.
          </p>
        </div>
        {error !== undefined && (
          <p role="alert" className="problem-text">
            The templates could not be loaded: {messageOf(error)}{' '}
            <Button onClick={reload}>Try again</Button>
          </p>
        )}
        <ul className="templates">
          {value?.templates.map(({ template_id, name, description, node_types, version }) => (
            <li key={template_id}>
              <Link
                to="/templates/$templateId"
                params={{ templateId: template_id }}
                className="template card"
              >
                <TemplatePicture template_id={template_id} />
                <span className="template-name">
                  {name}{' '}
                  <small>
                    {node_types} types{version === undefined ? '' : `, version ${version}`}
                  </small>
                </span>
                {description !== undefined && <span className="quiet">{description}</span>}
              </Link>
            </li>
          ))}
        </ul>
      </main>
    </>
  )
}
