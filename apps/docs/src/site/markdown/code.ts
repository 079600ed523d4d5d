import { escapeHtml } from './escape.js'
import { highlight } from './highlight.js'

export type Code = { code: string; language: string; title?: string | undefined }

/** A block of code. It can be scrolled by keyboard, and a script adds a button to copy it. */
export function codeBlock({ code, language, title }: Code): string {
  const caption = title === undefined ? '' : `<figcaption>${escapeHtml(title)}</figcaption>`
  const html = highlight(code.replace(/\n$/, ''), language)
  return `<figure class="code">${caption}<pre tabindex="0"><code>${html}</code></pre></figure>`
}

export type Tab = { label: string; html: string }

/**
 * The same in several languages. Without scripts all of them show, one below the other; `id` is
 * unique on its page.
 */
export function tabGroup(id: string, tabs: readonly Tab[]): string {
  const buttons = tabs.map(({ label }, index) => {
    const isFirst = index === 0
    const state = `aria-selected="${isFirst}" tabindex="${isFirst ? 0 : -1}"`
    const name = escapeHtml(label)
    return `<button type="button" role="tab" id="${id}-tab-${index}" aria-controls="${id}-${index}" ${state}>${name}</button>`
  })
  const panels = tabs.map(
    ({ label, html }, index) =>
      `<div class="panel" role="tabpanel" id="${id}-${index}" aria-labelledby="${id}-tab-${index}"><p class="panel-title" aria-hidden="true">${escapeHtml(label)}</p>${html}</div>`,
  )
  return `<div class="tabs"><div class="tablist" role="tablist" aria-label="Language">${buttons.join('')}</div>${panels.join('')}</div>`
}
