/** What a reader has chosen, kept by the browser where it may. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`talus-docs-${key}`)
  } catch {
    return null
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`talus-docs-${key}`, value)
  } catch {
    // A browser that keeps nothing forgets the choice with the page.
  }
}
