/** What it returns is ignored, so that it may be an async function. */
type Listener<Argument> = (argument: Argument) => unknown

/** Listeners by the name of what they listen to. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()

  /** Adds a listener; the result removes it. Adding the same function again counts as another. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    if (typeof listener !== 'function') {
      throw new TypeError(`on('${String(name)}') expects a function, not ${typeof listener}`)
    }
    const own: Listener<Events[Name]> = (argument) => listener(argument)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(own))
    return () => {
      listeners.delete(own)
    }
  }

  emit<Name extends keyof Events>(name: Name, argument: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as Listener<Events[Name]>[]) {
      try {
        listener(argument)
      } catch (error) {
        // Reported as uncaught, but neither the other listeners nor the connection suffer.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
