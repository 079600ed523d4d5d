import { useEffect } from 'react'
import { useActions } from '../work/actions.js'

/** Text fields have their own undo while typing. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea')
}

/** Ctrl+Z undoes the last step in the session; Ctrl+Shift+Z and Ctrl+Y redo. */
export function useUndoKeys(): void {
  const actions = useActions()
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase()
      const isTurn = (event.ctrlKey || event.metaKey) && (key === 'z' || key === 'y')
      if (!isTurn || event.altKey || isTyping(event.target)) return
      event.preventDefault()
      void (key === 'y' || event.shiftKey ? actions.redo() : actions.undo())
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [actions])
}
