/** What it returns is ignored, so that it may be an async function. */
export type Listener<Argument> = (argument: Argument) => unknown

/** Calls a listener. What it throws is reported as uncaught, but harms nobody else. */
export function call<Argument>(listener: Listener<Argument>, argument: Argument): void {
  try {
    listener(argument)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

export function requireListener(method: string, listener: unknown): void {
  if (typeof listener === 'function') return
  throw new TypeError(`${method} expects a function, not ${typeof listener}`)
}

/** Listeners by the name, or the id, of what they listen to. */
export class Listeners<Key, Argument> {
  readonly #listeners = new Map<Key, Set<Listener<Argument>>>()

  get size(): number {
    return this.#listeners.size
  }

  /** Adds a listener; the result removes it. Adding the same function again counts as another. */
  add(key: Key, listener: Listener<Argument>): () => void {
    const own: Listener<Argument> = (argument) => listener(argument)
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners.add(own))
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) {
        this.#listeners.delete(key)
      }
    }
  }

  has(key: Key): boolean {
    return this.#listeners.has(key)
  }

  tell(key: Key, argument: Argument): void {
    const listeners = this.#listeners.get(key)
    if (!listeners) return
    // Those that come meanwhile wait for the next time, those that go are not called any more.
    const told = [...listeners]
    for (const listener of told) if (listeners.has(listener)) call(listener, argument)
  }

  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear()
    this.#listeners.clear()
  }
}

/** Listeners to events whose payload follows from the name. */
export class Emitter<Events> {
  readonly #owner: string
  readonly #known: Record<keyof Events, unknown>
  readonly #listeners = new Listeners<keyof Events, never>()

  /** `owner`: whose events they are, for who names one that there is not; `known` has their names. */
  constructor(owner: string, known: Record<keyof Events, unknown>) {
    this.#owner = owner
    this.#known = known
  }

  /** Throws a TypeError for a name that no event has, and for what is no function. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    if (!Object.hasOwn(this.#known, name)) {
      const known = Object.keys(this.#known).join(', ')
      throw new TypeError(`A ${this.#owner} has no event '${String(name)}'; it has ${known}`)
    }
    requireListener(`on('${String(name)}')`, listener)
    return this.#listeners.add(name, listener)
  }

  /** Whether anybody listens. */
  has(name: keyof Events): boolean {
    return this.#listeners.has(name)
  }

  emit<Name extends keyof Events>(name: Name, argument: Events[Name]): void {
    this.#listeners.tell(name, argument as never)
  }

  clear(): void {
    this.#listeners.clear()
  }
}
