import { Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from './button.js'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** The documentation remembers its theme under the same key. */
const KEY = 'talus-docs-theme'

export const THEME_LABELS = { system: 'as the system', light: 'light', dark: 'dark' }
const ICONS = { system: Monitor, light: Sun, dark: Moon }

export function chosenTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return THEMES.find((one) => one === theme) ?? 'system'
}

export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // A browser that keeps nothing forgets the choice with the page.
  }
}

export function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme)
  const Icon = ICONS[theme]
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  return (
    <IconButton
      label={`Theme: ${THEME_LABELS[theme]}. Change`}
      onClick={() => {
        chooseTheme(next)
        setTheme(next)
      }}
    >
      <Icon />
    </IconButton>
  )
}
