import type { TemplateIssue, TemplateReport } from '@talus/protocol'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useClient } from '../account/account.js'
import { CodeEditor, type CodeProblem } from '../code/code-editor.js'
import { placesIn, type TextPlace } from '../code/places.js'
import { Button } from '../parts/button.js'
import { messageOf } from '../parts/loaded.js'

/** Delay after the last key press, in milliseconds. */
const PAUSE_MS = 350

type Checked = { text: string; report?: TemplateReport; problem?: string }

/** Validates the text on the server, once typing has paused. */
function useReport(text: string): Checked | undefined {
  const client = useClient()
  const [checked, setChecked] = useState<Checked>()
  useEffect(() => {
    let isGone = false
    const timer = setTimeout(() => {
      client.rest.validateTemplate({ template: text }).then(
        (report) => isGone || setChecked({ text, report }),
        (error: unknown) => isGone || setChecked({ text, problem: messageOf(error) }),
      )
    }, PAUSE_MS)
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [client, text])
  return checked
}

type Found = TextPlace & TemplateIssue & { severity: 'error' | 'warning' }

/** Positions of a report's errors and warnings in the text. */
function foundIn({ text, report }: Checked): Found[] {
  if (!report) return []
  const placeOf = placesIn(text)
  const located = (severity: Found['severity']) => (issue: TemplateIssue) => ({
    ...(syntaxPlace(text, issue) ?? placeOf(issue.path)),
    ...issue,
    severity,
  })
  return [...report.errors.map(located('error')), ...report.warnings.map(located('warning'))]
}

/** What is no YAML says in words where. */
function syntaxPlace(text: string, { path, reason }: TemplateIssue): TextPlace | undefined {
  const [, line, column] = /at line (\d+), column (\d+)$/.exec(reason) ?? []
  if (path !== '' || line === undefined || column === undefined) return undefined
  const before = text.split('\n').slice(0, Number(line) - 1)
  const from = before.reduce((sum, each) => sum + each.length + 1, 0) + Number(column) - 1
  return { from, to: from + 1, line: Number(line), column: Number(column) }
}

type TemplateEditorProps = { text: string; onChange: (text: string) => void }

/** The text of a template, checked by the server while it is typed. */
export function TemplateEditor({ text, onChange }: TemplateEditorProps) {
  const checked = useReport(text)
  const found = useMemo(() => (checked ? foundIn(checked) : []), [checked])
  const problems = useMemo(
    () =>
      found.map(({ from, to, severity, reason }): CodeProblem => ({
        from,
        to,
        severity,
        text: reason,
      })),
    [found],
  )
  const [jump, setJump] = useState<{ at: number }>()
  const file = useRef<HTMLInputElement>(null)
  const isCurrent = checked?.text === text
  return (
    <div className="template-editor">
      <CodeEditor
        label="Template as YAML"
        language="yaml"
        value={text}
        problems={problems}
        jump={jump}
        onChange={onChange}
      />
      <div className="editor-foot">
        <div role="status" className="verdict">
          {!isCurrent && <p className="quiet">Checking…</p>}
          {isCurrent && checked.problem !== undefined && (
            <p className="problem-text">It could not be checked: {checked.problem}</p>
          )}
          {isCurrent && checked.report && found.length === 0 && (
            <p className="good-text">Valid: the server would take it</p>
          )}
          {isCurrent && found.length > 0 && (
            <ul className="findings">
              {found.slice(0, 50).map((one, index) => (
                <li key={`${index} ${one.path}`}>
                  <button type="button" onClick={() => setJump({ at: one.from })}>
                    <b className={one.severity === 'error' ? 'problem-text' : 'careful-text'}>
                      {one.severity === 'error' ? 'Error' : 'Warning'}
                    </b>{' '}
                    line {one.line}, column {one.column}: {wordsOf(one)}
                  </button>
                </li>
              ))}
            </ul>
          )}
        </div>
        <Button onClick={() => file.current?.click()}>Open a file…</Button>
        <input
          ref={file}
          type="file"
          accept=".yaml,.yml,.json"
          hidden
          aria-label="Template file"
          onChange={({ target }) => {
            void target.files?.[0]?.text().then(onChange)
            // The same file can be chosen again.
            target.value = ''
          }}
        />
      </div>
    </div>
  )
}

/** Which type, which property, and what is wrong. */
function wordsOf({ node_type, property, reason }: TemplateIssue): string {
  const names = [
    ...(node_type === undefined ? [] : [`type ${node_type}`]),
    ...(property === undefined ? [] : [`property ${property}`]),
  ]
  return names.length === 0 ? reason : `${names.join(', ')}: ${reason}`
}
