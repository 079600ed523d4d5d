export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Shared with the documentation, which stores its theme under the same key. */
const KEY = 'talus-docs-theme'

export const THEME_LABELS = { system: 'as the system', light: 'light', dark: 'dark' }

export function chosenTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return THEMES.find((one) => one === theme) ?? 'system'
}

export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Without storage, the choice is lost with the page.
  }
}
