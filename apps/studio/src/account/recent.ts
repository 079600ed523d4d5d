import { recall, remember } from './memory.js'

/** A session that was opened in this browser. Share tokens are not kept. */
export type Recent = { session_id: string; name: string; at: number }

const MOST = 12

export function recentSessions(): Recent[] {
  return recall<Recent[]>('recent') ?? []
}

export function rememberSession(session_id: string, name: string): void {
  const others = recentSessions().filter((one) => one.session_id !== session_id)
  remember('recent', [{ session_id, name, at: Date.now() }, ...others].slice(0, MOST))
}

export function forgetSession(session_id: string): void {
  remember(
    'recent',
    recentSessions().filter((one) => one.session_id !== session_id),
  )
}
