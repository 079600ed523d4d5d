import { Window } from 'happy-dom'
import { vi } from 'vitest'

/**
 * A page for React in this process: import this before React. Not vitest's happy-dom environment,
 * which would take `URL` and `fetch` from the client as well.
 */
const window = new Window()
const { document, navigator } = window
for (const [name, value] of Object.entries({ window, document, navigator })) {
  vi.stubGlobal(name, value)
}
