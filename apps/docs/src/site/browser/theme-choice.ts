import { recall, remember } from './memory.js'

const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function chosenTheme(): Theme {
  const chosen = recall('theme')
  return THEMES.find((theme) => theme === chosen) ?? 'system'
}

const LABELS = { system: 'as the system', light: 'light', dark: 'dark' }

/** The button goes through the themes and says which one is on. */
export function switchThemes(button: HTMLButtonElement): void {
  const show = (theme: Theme) => {
    document.documentElement.dataset['theme'] = theme
    button.setAttribute('aria-label', `Theme: ${LABELS[theme]}. Change`)
    button.title = `Theme: ${LABELS[theme]}`
  }
  show(chosenTheme())
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length] ?? 'system'
    remember('theme', next)
    show(next)
  })
}
