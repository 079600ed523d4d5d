import { useState } from 'react'

/** Text that is being typed, beside the value that the session holds. */
export type Draft = {
  field: {
    value: string
    onChange: (event: { target: { value: string } }) => void
    onBlur: () => void
  }
  /** What somebody else has made of the value since the typing began. */
  theirs: string | undefined
  save: () => void
  /** Goes back to the value of the session. */
  drop: () => void
}

/** Keeps what is typed until it is saved, by leaving the field or by a key. */
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
