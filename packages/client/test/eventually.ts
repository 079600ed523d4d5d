import { vi } from 'vitest'

/** Waits until the expectation holds: as long as a test may take, on whatever machine. */
export function eventually(expectation: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(expectation, { timeout: 170_000, interval: 20 })
}
