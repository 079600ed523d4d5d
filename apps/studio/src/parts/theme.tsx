import { Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from './button.js'

const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** The documentation remembers its theme under the same key. */
const KEY = 'talus-docs-theme'

const LABELS = { system: 'as the system', light: 'light', dark: 'dark' }
const ICONS = { system: Monitor, light: Sun, dark: Moon }

function chosen(): Theme {
  const { theme } = document.documentElement.dataset
  return THEMES.find((one) => one === theme) ?? 'system'
}

function choose(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // A browser that keeps nothing forgets the choice with the page.
  }
}

export function ThemeButton() {
  const [theme, setTheme] = useState(chosen)
  const Icon = ICONS[theme]
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  return (
    <IconButton
      label={`Theme: ${LABELS[theme]}. Change`}
      onClick={() => {
        choose(next)
        setTheme(next)
      }}
    >
      <Icon />
    </IconButton>
  )
}
