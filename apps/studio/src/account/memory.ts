/** A stored value, or null; also null if the browser has no storage. */
export function recall<T>(key: string, storage = () => localStorage): T | null {
  try {
    const text = storage().getItem(`talus-studio-${key}`)
    return text === null ? null : (JSON.parse(text) as T)
  } catch {
    return null
  }
}

/** Null removes it. */
export function remember(key: string, value: unknown, storage = () => localStorage): void {
  try {
    if (value === null) storage().removeItem(`talus-studio-${key}`)
    else storage().setItem(`talus-studio-${key}`, JSON.stringify(value))
  } catch {
    // Without storage, the value is lost with the page.
  }
}
