import { TalusError } from '@talus/client'
import { useCallback, useEffect, useState } from 'react'

/** The state of a request. */
export type Loaded<T> =
  | { state: 'loading'; value?: undefined; error?: undefined }
  | { state: 'loaded'; value: T; error?: undefined }
  | { state: 'failed'; value?: undefined; error: unknown }

/**
 * Loads on mount, when `load` changes, and when `reload` is called. `isStale`: the value is of the
 * previous `load`.
 */
export function useLoaded<T>(
  load: () => Promise<T>,
): Loaded<T> & { isStale: boolean; reload: () => void } {
  const [turn, setTurn] = useState(0)
  const [{ of, ...loaded }, setLoaded] = useState<Loaded<T> & { of?: () => Promise<T> }>({
    state: 'loading',
  })
  useEffect(() => {
    let isGone = false
    load().then(
      (value) => isGone || setLoaded({ state: 'loaded', value, of: load }),
      (error: unknown) => isGone || setLoaded({ state: 'failed', error, of: load }),
    )
    return () => {
      isGone = true
    }
  }, [load, turn])
  const reload = useCallback(() => setTurn((last) => last + 1), [])
  return { ...loaded, isStale: of !== load, reload }
}

export function isCode(error: unknown, ...codes: TalusError['code'][]): boolean {
  return error instanceof TalusError && codes.includes(error.code)
}

/** The message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The same with what was expected where. */
export function detailsOf(error: unknown): string[] {
  if (!(error instanceof TalusError)) return []
  return error.details.map(({ expected, hint }) =>
    hint === undefined ? `Expected ${expected}` : `Expected ${expected}: ${hint}`,
  )
}
