import { useEffect } from 'react'
import type { Clipboard } from './clipboard.js'

type Keys = {
  clipboard: Clipboard
  /** What is selected. */
  marked: () => readonly string[]
  focus: string | null
  mayEdit: boolean
}

/** Whether the keyboard is at nodes, and not in a field or at selected text. */
function isAtNodes(): boolean {
  return document.activeElement?.matches('.tree, .table, .board') === true
}

/** Copy, cut and paste by keys or by the browser's menu, which need no permission. */
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
