/** A new id, for a command, a node or a client. */
export function newId(): string {
  // Browsers have `randomUUID` on secure pages only, random bytes everywhere.
  if ('randomUUID' in crypto) return crypto.randomUUID()
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
