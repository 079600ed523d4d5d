/**
 * Gives the keyboard back to the tree when a menu is closed, unless a row is being named: its field
 * has the focus then.
 */
export function returnToTree(event: Event): void {
  event.preventDefault()
  const tree = document.querySelector<HTMLElement>('.tree')
  if (!tree?.contains(document.activeElement)) tree?.focus()
}
