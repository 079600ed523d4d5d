import type { ProjectDocument } from '@talus/protocol'
import { useNavigate } from '@tanstack/react-router'
import { FileUp } from 'lucide-react'
import { useRef, useState, type DragEvent } from 'react'
import { useClient } from '../account/account.js'
import { rememberSession } from '../account/recent.js'
import { messageOf } from '../parts/loaded.js'
import { notify } from '../parts/notices.js'

const nameOf = (file: File) => file.name.replace(/\.json$/i, '').slice(0, 200) || 'Imported project'

/** Imports a project file, dropped or chosen, and opens the project. */
export function ImportFile() {
  const client = useClient()
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const [state, setState] = useState<{ isBusy: boolean; problem?: string }>({ isBusy: false })

  async function take(file: File | undefined): Promise<void> {
    if (!file || state.isBusy) return
    setState({ isBusy: true })
    try {
      const project_name = nameOf(file)
      const command_id = crypto.randomUUID()
      // The server validates the file.
      const document = JSON.parse(await file.text()) as ProjectDocument
      const opened = await client.rest.importProject({ project_name, command_id }, document)
      const { session_id, warnings = [], more_warnings = 0 } = opened
      rememberSession(session_id, opened.project_name)
      if (warnings.length > 0) {
        notify({
          title: `Imported with ${warnings.length + more_warnings} warnings`,
          text: (
            <ul>
              {warnings.slice(0, 5).map(({ path, reason, done }) => (
                <li key={path + reason}>
                  <code>{path}</code>: {reason}. {done}
                </li>
              ))}
            </ul>
          ),
          look: 'problem',
        })
      }
      await navigate({ to: '/s/$sessionId', params: { sessionId: session_id } })
    } catch (error) {
      const problem = error instanceof SyntaxError ? 'The file is no JSON' : messageOf(error)
      setState({ isBusy: false, problem })
    }
  }

  function drop(event: DragEvent): void {
    event.preventDefault()
    setOver(false)
    void take(event.dataTransfer.files[0])
  }

  return (
    <section className="card" aria-labelledby="import">
      <h2 id="import">Import a project file</h2>
      <button
        type="button"
        className={isOver ? 'drop-zone over' : 'drop-zone'}
        disabled={state.isBusy}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <FileUp />
        {state.isBusy ? 'Importing…' : 'Drop a .json file here, or choose one'}
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="Project file"
        onChange={({ target }) => {
          void take(target.files?.[0])
          // The same file can be chosen again.
          target.value = ''
        }}
      />
      {state.problem !== undefined && (
        <p role="alert" className="problem-text">
          {state.problem}
        </p>
      )}
    </section>
  )
}
