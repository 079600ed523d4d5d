import type { ErrorDetail } from '@talus/protocol'
import { useMemo, useState } from 'react'
import { CodeEditor, type CodeProblem } from '../code/code-editor.js'
import { placesIn } from '../code/places.js'

type JsonEditorProps = {
  value: unknown
  issues: readonly ErrorDetail[]
  onChange: (value: unknown) => void
  /** Whether the text is valid JSON. */
  onValid: (isValid: boolean) => void
}

/** Edits a value as JSON text. While the text is invalid, the last valid value is kept. */
export function JsonEditor({ value, issues, onChange, onValid }: JsonEditorProps) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2))
  const [fault, setFault] = useState<string>()
  const problems = useMemo((): CodeProblem[] => {
    if (fault !== undefined) return [faultIn(text, fault)]
    const placeOf = placesIn(text)
    return issues.map(({ path, expected }) => ({
      ...placeOf(path),
      severity: 'error',
      text: `Expected ${path || 'the payload'} ${expected}`,
    }))
  }, [text, fault, issues])
  return (
    <>
      <CodeEditor
        label="Request as JSON"
        language="json"
        value={text}
        problems={problems}
        onChange={(next) => {
          setText(next)
          try {
            onChange(JSON.parse(next))
            setFault(undefined)
            onValid(true)
          } catch (error) {
            setFault(error instanceof Error ? error.message : String(error))
            onValid(false)
          }
        }}
      />
      {fault !== undefined && (
        <p role="alert" className="problem-text">
          {fault}
        </p>
      )}
    </>
  )
}

/** Where the parser says that it stopped; the end, where it says nothing of that. */
function faultIn(text: string, message: string): CodeProblem {
  const at = /position (\d+)/.exec(message)?.[1]
  const from = at === undefined ? text.length : Number(at)
  return { from, to: from + 1, severity: 'error', text: message }
}
