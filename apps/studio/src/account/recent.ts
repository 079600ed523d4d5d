import { recall, remember } from './memory.js'

/** A session that was opened in this browser, with the token of the link that opened it. */
export type Recent = { session_id: string; name: string; at: number; share?: string }

const MOST = 12

export function recentSessions(): Recent[] {
  return recall<Recent[]>('recent') ?? []
}

export function rememberSession(session_id: string, name: string, share?: string): void {
  const others = recentSessions().filter((one) => one.session_id !== session_id)
  const opened: Recent = { session_id, name, at: Date.now(), ...(share !== undefined && { share }) }
  remember('recent', [opened, ...others].slice(0, MOST))
}

export function forgetSession(session_id: string): void {
  remember(
    'recent',
    recentSessions().filter((one) => one.session_id !== session_id),
  )
}
