import { useState } from 'react'

/** Text that is being typed, next to the value in the session. */
export type Draft = {
  field: {
    value: string
    onChange: (event: { target: { value: string } }) => void
    onBlur: () => void
  }
  /** The value that another user has set since typing began. */
  theirs: string | undefined
  save: () => void
  /** Discards the draft. */
  drop: () => void
}

/** Keeps a draft until it is saved, on blur or by a key. */
export function useDraft(value: string, onSave: (text: string) => void, onEdit: () => void): Draft {
  const [draft, setDraft] = useState<{ text: string; from: string }>()
  const drop = () => {
    setDraft(undefined)
    onEdit()
  }
  const save = () => {
    if (!draft) return
    if (draft.text !== value) onSave(draft.text)
    setDraft(undefined)
  }
  return {
    field: {
      value: draft?.text ?? value,
      onChange: ({ target }) => {
        onEdit()
        setDraft((last) => ({ text: target.value, from: last?.from ?? value }))
      },
      onBlur: save,
    },
    theirs: draft && draft.from !== value && draft.text !== value ? value : undefined,
    save,
    drop,
  }
}
