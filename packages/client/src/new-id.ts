/** A new id, for a command, a node or a client. */
export function newId(): string {
  // Browsers have `randomUUID` on secure pages only, and React Native has no `crypto` at all.
  const source = globalThis.crypto as Partial<Crypto> | undefined
  if (source?.randomUUID) return source.randomUUID()
  const bytes = Array.from({ length: 16 }, () => Math.floor(Math.random() * 256))
  const random = source?.getRandomValues?.(new Uint8Array(16)) ?? bytes
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
