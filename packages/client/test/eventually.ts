import { vi } from 'vitest'

/** Waits until the expectation holds; long enough for a busy machine. */
export function eventually(expectation: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(expectation, { timeout: 15_000, interval: 20 })
}
