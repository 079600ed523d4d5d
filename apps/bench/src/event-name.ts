/** The three events that a property write shows to its room. */
export type LifecycleEvent = 'executing' | 'changed' | 'executed' | 'other'

const EXECUTING = Buffer.from('42["command:executing",')
const CHANGED = Buffer.from('42["property-changed",')
const EXECUTED = Buffer.from('42["command:executed",')

function startsWith(bytes: Buffer, start: number, end: number, prefix: Buffer): boolean {
  if (end - start < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[start + i] !== prefix[i]) return false
  }
  return true
}

/** Tells the event of a packet by its first bytes; parsing millions a second is out of reach. */
export function lifecycleEvent(bytes: Buffer, start: number, end: number): LifecycleEvent {
  if (startsWith(bytes, start, end, CHANGED)) return 'changed'
  if (startsWith(bytes, start, end, EXECUTED)) return 'executed'
  if (startsWith(bytes, start, end, EXECUTING)) return 'executing'
  return 'other'
}
