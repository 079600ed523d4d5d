import { recall, remember } from './memory.js'

type Group = { buttons: HTMLButtonElement[]; panels: (HTMLElement | null)[] }

const groups: Group[] = []

function show({ buttons, panels }: Group, label: string): void {
  const found = buttons.findIndex((button) => button.textContent === label)
  if (found < 0) return
  buttons.forEach((button, index) => {
    button.setAttribute('aria-selected', String(index === found))
    button.tabIndex = index === found ? 0 : -1
    panels[index]?.toggleAttribute('hidden', index !== found)
  })
}

/** The language that is chosen in one place is chosen in all of them. */
function choose(button: HTMLButtonElement): void {
  const label = button.textContent
  // What stands above may change its height; the reader's eyes are on the button.
  const before = button.getBoundingClientRect().top
  remember('language', label)
  for (const group of groups) show(group, label)
  window.scrollBy(0, button.getBoundingClientRect().top - before)
}

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowLeft: (at, count) => (at + count - 1) % count,
  ArrowRight: (at, count) => (at + 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

export function enhanceTabs(): void {
  for (const element of document.querySelectorAll('.tabs')) {
    const buttons = [...element.querySelectorAll<HTMLButtonElement>('[role=tab]')]
    const panels = buttons.map((button) =>
      document.getElementById(button.getAttribute('aria-controls') ?? ''),
    )
    const group = { buttons, panels }
    groups.push(group)
    show(group, buttons[0]?.textContent ?? '')
    show(group, recall('language') ?? '')
    element.classList.add('ready')
    buttons.forEach((button, index) => {
      button.addEventListener('click', () => choose(button))
      button.addEventListener('keydown', (event) => {
        const next = STEPS[event.key]?.(index, buttons.length)
        if (next === undefined) return
        event.preventDefault()
        buttons[next]?.focus()
        buttons[next]?.click()
      })
    })
  }
}
