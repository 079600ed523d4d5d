import MiniSearch, { type SearchResult } from 'minisearch'
import { SEARCH_OPTIONS, type Found } from '../search/options.js'

/** Results that are shown at once. */
const MAX_RESULTS = 20

/** The index lies beside this script. */
const INDEX = new URL('search-index.json', import.meta.url)
const ROOT = new URL('../../', import.meta.url)

async function loadIndex(): Promise<MiniSearch<Found>> {
  const response = await fetch(INDEX)
  if (!response.ok) throw new Error(`The index answers ${response.status}`)
  return MiniSearch.loadJSON(await response.text(), SEARCH_OPTIONS)
}

/** `session.flush` is Session.flush, `graph.node` is SessionGraph.node. */
function isNamed(title: string, name: string): boolean {
  return title === name || (name.includes('.') && title.endsWith(name))
}

/** Who types a whole name means the page of that name. */
function find(index: MiniSearch<Found>, query: string): SearchResult[] {
  const [name = ''] = query.trim().toLowerCase().split('(')
  return index.search(query, {
    combineWith: 'AND',
    prefix: true,
    fuzzy: (term) => (term.length > 5 ? 0.15 : false),
    boost: { title: 6, of: 2 },
    boostDocument: (_id, _term, stored) =>
      isNamed(String(stored?.['title']).toLowerCase(), name) ? 10 : 1,
  })
}

function resultItem({ id, title, of }: SearchResult): HTMLLIElement {
  const link = document.createElement('a')
  link.href = new URL(id as string, ROOT).href
  const name = document.createElement('strong')
  name.textContent = title as string
  const about = document.createElement('span')
  about.textContent = of as string
  link.append(name, about)
  const item = document.createElement('li')
  item.append(link)
  return item
}

function part<T extends Element>(selector: string): T {
  const element = document.querySelector<T>(selector)
  if (!element) throw new Error(`The page has no ${selector}`)
  return element
}

class Search {
  readonly #dialog = part<HTMLDialogElement>('#site-search')
  readonly #input = part<HTMLInputElement>('#site-search input')
  readonly #status = part<HTMLElement>('.search-status')
  readonly #results = part<HTMLElement>('.search-results')
  #index: Promise<MiniSearch<Found>> | undefined

  constructor() {
    this.#input.addEventListener('input', () => void this.#show())
    this.#dialog.addEventListener('keydown', (event) => this.#onKey(event))
    this.#dialog.addEventListener('click', (event) => {
      const isResult = event.target instanceof Element && event.target.closest('.search-results a')
      // A click beside the dialog is one on its backdrop; a result may be on this very page.
      if (event.target === this.#dialog || isResult) this.#dialog.close()
    })
  }

  async open(): Promise<void> {
    if (!this.#dialog.open) this.#dialog.showModal()
    this.#input.focus()
    this.#input.select()
    await this.#show()
  }

  async #show(): Promise<void> {
    const query = this.#input.value
    try {
      this.#index ??= loadIndex()
      const index = await this.#index
      // Somebody has typed on while the index was loaded.
      if (query !== this.#input.value) return
      this.#showResults(query, query.trim() === '' ? [] : find(index, query))
    } catch {
      this.#index = undefined
      this.#status.textContent = 'The search index cannot be loaded.'
    }
  }

  #showResults(query: string, found: readonly SearchResult[]): void {
    const shown = found.slice(0, MAX_RESULTS)
    this.#results.replaceChildren(...shown.map(resultItem))
    this.#status.textContent = this.#statusOf(query, found.length)
  }

  #statusOf(query: string, count: number): string {
    if (query.trim() === '') return 'Type the name of a message, a rule, or what you look for.'
    if (count === 0) return `Nothing found for “${query}”.`
    return count === 1 ? '1 result' : `${count} results`
  }

  #onKey(event: KeyboardEvent): void {
    const links = [...this.#results.querySelectorAll<HTMLAnchorElement>('a')]
    const at = links.indexOf(document.activeElement as HTMLAnchorElement)
    const isFromInput = document.activeElement === this.#input
    if (event.key === 'Escape') {
      // A field for searches would only lose its text, the first time.
      event.preventDefault()
      this.#dialog.close()
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      links[Math.min(at + 1, links.length - 1)]?.focus()
    } else if (event.key === 'ArrowUp') {
      event.preventDefault()
      if (at <= 0) this.#input.focus()
      else links[at - 1]?.focus()
    } else if (event.key === 'Enter' && isFromInput) {
      // Not the form, which would close the dialog.
      event.preventDefault()
      links[0]?.click()
    }
  }
}

let search: Search | undefined

/** Opens the search; the first time, it is made. */
export async function open(): Promise<void> {
  search ??= new Search()
  await search.open()
}
