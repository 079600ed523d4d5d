import { vi } from 'vitest'

type Signal =
  | 'visibilitychange'
  | 'pageshow'
  | 'pagehide'
  | 'freeze'
  | 'resume'
  | 'online'
  | 'offline'

const OF_DOCUMENT = new Set<Signal>(['visibilitychange', 'freeze', 'resume'])

/**
 * A browser's signals in this process, without the rest of a page. Make it before the client
 * connects; disposing takes the globals away.
 */
export class PageSignals implements Disposable {
  readonly #window = new EventTarget()
  readonly #document = Object.assign(new EventTarget(), { visibilityState: 'visible' })

  constructor() {
    vi.stubGlobal('addEventListener', this.#window.addEventListener.bind(this.#window))
    vi.stubGlobal('removeEventListener', this.#window.removeEventListener.bind(this.#window))
    vi.stubGlobal('document', this.#document)
  }

  give(signal: Signal, properties: object = {}): void {
    const target = OF_DOCUMENT.has(signal) ? this.#document : this.#window
    target.dispatchEvent(Object.assign(new Event(signal), properties))
  }

  hide(): void {
    this.#document.visibilityState = 'hidden'
    this.give('visibilitychange')
  }

  show(): void {
    this.#document.visibilityState = 'visible'
    this.give('visibilitychange')
  }

  [Symbol.dispose](): void {
    vi.unstubAllGlobals()
  }
}
