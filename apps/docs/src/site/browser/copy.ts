/** Milliseconds for which a button says that it has copied. */
const SAID_MS = 2_000

function copyButton(code: Element): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'copy'
  button.textContent = 'Copy'
  button.addEventListener('click', () => {
    const say = (word: string) => {
      button.textContent = word
      setTimeout(() => (button.textContent = 'Copy'), SAID_MS)
    }
    navigator.clipboard.writeText(code.textContent).then(
      () => say('Copied'),
      () => say('Not allowed'),
    )
  })
  return button
}

export function offerCopies(): void {
  // Pages that are not secure have no clipboard.
  if (!('clipboard' in navigator)) return
  for (const code of document.querySelectorAll('figure.code code')) {
    code.closest('figure')?.append(copyButton(code))
  }
}
