import { readTemplate } from '@talus/client/templates'
import type { JsonObject } from '@talus/protocol'
import { Link, useParams } from '@tanstack/react-router'
import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import { useClient } from '../account/account.js'
import { recall, remember } from '../account/memory.js'
import { Button } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { Tabs } from '../parts/tabs.js'
import { NewProject } from '../start/new-project.js'
import { TopBar } from '../start/top-bar.js'
import { textOf } from '../work/schema.js'
import { SessionCheck } from './session-check.js'
import { TemplateEditor } from './template-editor.js'
import { textOfTemplate } from './template-text.js'
import { TypeDetails } from './type-details.js'
import { TypeDiagram } from './type-diagram.js'
import './templates.css'

/** One template: its types, its text, and the nodes of a session that it would not allow. */
export function TemplatePage() {
  const { templateId } = useParams({ from: '/templates/$templateId' })
  const client = useClient()
  const { value, error, reload } = useLoaded(
    useCallback(
      () => client.rest.getTemplateSchema({ template_id: templateId }),
      [client, templateId],
    ),
  )
  return (
    <>
      <TopBar />
      <main className="templates-page">
        {error !== undefined && (
          <p role="alert" className="problem-text">
            {messageOf(error)} <Button onClick={reload}>Try again</Button>{' '}
            <Link to="/templates">All templates</Link>
          </p>
        )}
        {value && <OneTemplate key={templateId} template_id={templateId} saved={value} />}
      </main>
    </>
  )
}

type View = 'types' | 'edit' | 'check'

function OneTemplate({ template_id, saved }: { template_id: string; saved: JsonObject }) {
  const savedText = useMemo(() => textOfTemplate(saved), [saved])
  const draftKey = `template-${template_id}`
  const [text, setText] = useState(() => recall<string>(draftKey) ?? savedText)
  const [view, setView] = useState<View>('types')
  const [chosen, setChosen] = useState<string>()
  const [isCreating, setCreating] = useState(false)
  // Diagrams follow when there is time: typing comes first.
  const draft = useDeferredValue(text)
  const read = useMemo(() => readTemplate(draft, template_id).template, [draft, template_id])
  const [last, setLast] = useState<JsonObject>(saved)
  // While the text is no template, the diagram shows what it was before.
  if (read && read.document !== last) setLast(read.document)
  const isEdited = text !== savedText
  const name = textOf(last['name']) || template_id

  function edit(next: string): void {
    setText(next)
    remember(draftKey, next === savedText ? null : next)
  }

  const details = <TypeDetails template={last} chosen={chosen} onChoose={setChosen} />
  const diagram = <TypeDiagram template={last} chosen={chosen} onChoose={setChosen} />
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{name}</h1>
          <p className="quiet">
            {textOf(last['description'])}
            {isEdited && <strong> Edited, and not saved on the server.</strong>}
          </p>
        </div>
        <div className="row">
          {isEdited && <Button onClick={() => edit(savedText)}>Discard edits</Button>}
          <Button onClick={() => download(text, `${template_id}.yaml`)}>Download</Button>
          <Button look="primary" onClick={() => setCreating(true)}>
            New project
          </Button>
        </div>
      </div>
      {isEdited && (
        <p className="quiet">
          The server reads its templates from a folder: put the downloaded file there, and new
          projects are made from it at once. Until then they are made from what the server has.
        </p>
      )}
      <Tabs
        label="Views of the template"
        chosen={view}
        onChoose={setView}
        tabs={[
          {
            id: 'types',
            name: 'Types',
            content: (
              <div className="types-view">
                {diagram}
                {details}
              </div>
            ),
          },
          {
            id: 'edit',
            name: 'Edit',
            content: (
              <div className="edit-view">
                <TemplateEditor text={text} onChange={edit} />
                {diagram}
              </div>
            ),
          },
          {
            id: 'check',
            name: 'Check a session',
            content: <SessionCheck template={read} template_id={template_id} />,
          },
        ]}
      />
      <Dialog title={`New project: ${name}`} isOpen={isCreating} onClose={() => setCreating(false)}>
        <NewProject template_id={template_id} name={name} />
      </Dialog>
    </>
  )
}

/** Gives a text to the browser as a file. */
function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
