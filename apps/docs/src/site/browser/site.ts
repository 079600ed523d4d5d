import { followReading } from './contents.js'
import { offerCopies } from './copy.js'
import { enhanceTabs } from './tabs.js'
import { switchThemes } from './theme-choice.js'

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')

/** What searches, and what it searches in, comes when somebody asks for it first. */
async function openSearch(): Promise<void> {
  const { open } = await import('./search.js')
  await open()
}

enhanceTabs()
offerCopies()
followReading()

const theme = document.querySelector<HTMLButtonElement>('button.theme')
if (theme) switchThemes(theme)

document.querySelector('.search-open')?.addEventListener('click', () => void openSearch())
addEventListener('keydown', (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
  if (event.key !== '/' || !isPlain || isTyping(event.target)) return
  event.preventDefault()
  void openSearch()
})

// On a wide screen the list of pages is no overlay; the page that is shown must be in sight.
document.querySelector('.sidebar [aria-current=page]')?.scrollIntoView({ block: 'nearest' })
scrollTo(0, location.hash === '' ? 0 : scrollY)
