import { Session } from './session.js'

/** r(a, b), made by zoe, who does nothing else. */
export function garden(): Session {
  const session = new Session()
  session.create('zoe', 'r')
  session.create('zoe', 'a', 'r')
  session.create('zoe', 'b', 'r')
  return session
}

export const move = (node_id: string, parent_id: string | null, position?: object) =>
  ['MoveNode', { node_id, parent_id, ...(position && { position }) }] as const
export const remove = (node_id: string) => ['DeleteNode', { node_id }] as const

export const APPLIED = { status: 'applied', skipped: [] }
export const noop = (...skipped: object[]) => ({ status: 'noop', skipped })
export const partial = (...skipped: object[]) => ({ status: 'partial', skipped })
