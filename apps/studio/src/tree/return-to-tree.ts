/**
 * Returns the focus to the tree when a menu closes, unless a row is being renamed: its field has the
 * focus then.
 */
export function returnToTree(event: Event): void {
  event.preventDefault()
  const tree = document.querySelector<HTMLElement>('.tree')
  if (!tree?.contains(document.activeElement)) tree?.focus()
}
