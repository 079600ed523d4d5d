import { newId } from '../new-id.js'
import type { CommandStore } from '../queue/store.js'

type Methods = Record<PropertyKey, (...args: unknown[]) => unknown>

/** An object whose methods are called when it is loaded; `own` are there before. */
function lazily(load: () => Promise<object>, own: object = {}): object {
  const call = (name: PropertyKey) =>
    name === 'records'
      ? lazily(async () => ((await load()) as { records: object }).records)
      : async (...args: unknown[]) => ((await load()) as Methods)[name]?.(...args)
  return new Proxy(own, { get: (_, name) => (own as Partial<Methods>)[name] ?? call(name) })
}

/**
 * Keeps commands and graphs in the browser's IndexedDB, shared by all tabs of the origin: what a
 * client in a browser uses by itself. Nothing is loaded or opened before it is used; what could
 * not be loaded is tried again with the next use.
 */
export function indexedDbStore(): CommandStore {
  let loading: Promise<CommandStore> | undefined
  let told: Parameters<NonNullable<CommandStore['watch']>> | undefined
  const load = () =>
    (loading ??= import('./indexed-db.js').then(
      ({ IndexedDbStore }) => {
        const store = new IndexedDbStore(newId())
        const [onLost, onLeft] = told ?? []
        if (onLost && onLeft) store.watch(onLost, onLeft)
        return store
      },
      (error: unknown) => {
        loading = undefined
        throw error
      },
    ))
  return lazily(load, {
    watch: (...tell: NonNullable<typeof told>) => (told = tell),
    close: () => loading?.then((store) => store.close()).catch(() => {}),
  }) as CommandStore
}
