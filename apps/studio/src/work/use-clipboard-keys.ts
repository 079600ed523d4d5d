import { useEffect } from 'react'
import type { Clipboard } from './clipboard.js'

type Keys = {
  clipboard: Clipboard
  /** The selected nodes. */
  marked: () => readonly string[]
  focus: string | null
  mayEdit: boolean
}

/** Whether the focus is on nodes, not in a field or on selected text. */
function isAtNodes(): boolean {
  return document.activeElement?.matches('.tree, .table, .board') === true
}

/** Handles copy, cut and paste events of the browser, which need no permission. */
export function useClipboardKeys({ clipboard, marked, focus, mayEdit }: Keys): void {
  useEffect(() => {
    const take = (event: ClipboardEvent) => {
      const isCut = event.type === 'cut'
      if (!isAtNodes() || (isCut && !mayEdit)) return
      const text = clipboard.take(marked(), isCut)
      if (text === undefined) return
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
    }
    const paste = (event: ClipboardEvent) => {
      if (!isAtNodes() || !mayEdit) return
      event.preventDefault()
      clipboard.paste(focus, event.clipboardData?.getData('text/plain') ?? '')
    }
    document.addEventListener('copy', take)
    document.addEventListener('cut', take)
    document.addEventListener('paste', paste)
    return () => {
      document.removeEventListener('copy', take)
      document.removeEventListener('cut', take)
      document.removeEventListener('paste', paste)
    }
  })
}
