/** What the platform tells of the page, the device and the network. */
export type PlatformSignals = {
  /** The page is shown, or the device awake, or a network there: perhaps another one. */
  onWake: () => void
  /** The page is about to stop: frozen, or kept for the back button. */
  onHide: () => void
}

/** How often the clock is looked at, and by how much it jumps when the device was asleep. */
const LOOK_MS = 2_000
const NAP_MS = 10_000

/** Listens as far as there is something to listen to; the result stops it. */
export function watchPlatform({ onWake, onHide }: PlatformSignals): () => void {
  const onVisible = () => {
    if (document.visibilityState === 'visible') onWake()
  }
  const signals = [
    [globalThis, 'online', onWake],
    [globalThis, 'pageshow', onWake],
    [globalThis, 'pagehide', onHide],
    [globalThis.document, 'visibilitychange', onVisible],
    [globalThis.document, 'resume', onWake],
    [globalThis.document, 'freeze', onHide],
  ] as const
  // Node and React Native have none of these.
  for (const [target, name, listener] of signals) target?.addEventListener?.(name, listener)
  // Node and workers are told nothing when a laptop wakes up.
  let last = Date.now()
  const timer = setInterval(() => {
    const now = Date.now()
    if (now - last > NAP_MS) onWake()
    last = now
  }, LOOK_MS)
  // In browsers it is a number.
  ;(timer as { unref?: () => void }).unref?.()
  return () => {
    for (const [target, name, listener] of signals) target?.removeEventListener?.(name, listener)
    clearInterval(timer)
  }
}
