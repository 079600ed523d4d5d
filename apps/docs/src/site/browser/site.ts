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

// The list of pages may be long; the page itself stays where it is.
const list = document.querySelector<HTMLElement>('.sidebar')
const current = list?.querySelector<HTMLElement>('[aria-current=page]')
if (list && current) {
  const below = current.getBoundingClientRect().top - list.getBoundingClientRect().top
  if (below > list.clientHeight * 0.8) list.scrollTop = below - list.clientHeight / 3
}
