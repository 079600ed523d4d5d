import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { yaml } from '@codemirror/lang-yaml'
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { EditorState, type Extension } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import './code.css'

/** A message about a range of the text. */
export type CodeProblem = { from: number; to: number; severity: 'error' | 'warning'; text: string }

type CodeEditorProps = {
  /** Accessible name. */
  label: string
  value: string
  onChange?: (value: string) => void
  language: 'json' | 'yaml'
  problems?: readonly CodeProblem[]
  /** Moves the cursor there; a new object moves it again. */
  jump?: { at: number } | undefined
}

const LOOK = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--panel)', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: '0.86rem', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': {
    color: 'var(--quiet)',
    backgroundColor: 'var(--panel)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--accent-soft)' },
  '.cm-matchingBracket': { outline: '1px solid var(--accent)', backgroundColor: 'transparent' },
  '.cm-tooltip': {
    color: 'var(--text)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
  },
})

const COLORS = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.content], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--code-key)' },
])

const SETUP: Extension = [
  lineNumbers(),
  lintGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  highlightActiveLine(),
  EditorView.lineWrapping,
  LOOK,
  syntaxHighlighting(COLORS),
  // The tabulator leaves the editor: whoever works by keyboard alone is not caught in it.
  keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
]

const NONE: readonly CodeProblem[] = []

const LANGUAGES = { json, yaml }

function diagnosticsOf(problems: readonly CodeProblem[], length: number): Diagnostic[] {
  const within = (at: number) => Math.min(Math.max(at, 0), length)
  return problems.map(({ from, to, severity, text: message }) => ({
    from: within(from),
    to: within(Math.max(from, to)),
    severity,
    message,
  }))
}

/**
 * CodeMirror, in a shadow tree: there its styles are adopted, where in the page they would be a
 * `<style>`, which the policy does not allow.
 */
export function CodeEditor({
  label,
  value,
  onChange,
  language,
  problems = NONE,
  jump,
}: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const changed = useRef(onChange)
  changed.current = onChange
  const first = useRef(value)

  useEffect(() => {
    const element = host.current
    if (!element) return undefined
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
    const state = EditorState.create({
      doc: first.current,
      extensions: [
        SETUP,
        LANGUAGES[language](),
        // It is focusable anyway; what checks accessibility only believes it when it is said.
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, state: { doc } }) => {
          if (docChanged) changed.current?.(doc.toString())
        }),
      ],
    })
    const editor = new EditorView({ state, root, parent: root })
    view.current = editor
    return () => {
      first.current = editor.state.doc.toString()
      editor.destroy()
    }
  }, [label, language])

  useEffect(() => {
    const editor = view.current
    if (!editor || editor.state.doc.toString() === value) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
  }, [value])

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(problems, editor.state.doc.length)))
  }, [problems])

  useEffect(() => {
    const editor = view.current
    if (!editor || !jump) return
    const anchor = Math.min(jump.at, editor.state.doc.length)
    editor.dispatch({ selection: { anchor }, scrollIntoView: true })
    editor.focus()
  }, [jump])

  return <div ref={host} className="code-editor" />
}
