import { check, CommandId, SessionId } from '@talus/protocol'
import type { TSchema } from 'typebox'

/** The ids under which log entries about the same thing are found again. */
export type Concerned = { session_id?: string; command_id?: string }

function idIn(payload: object, key: string, schema: TSchema): string | undefined {
  const value: unknown = (payload as Record<string, unknown>)[key]
  return typeof value === 'string' && check(schema, value).ok ? value : undefined
}

/** The session and the command that a payload of any shape names; what is no id is left out. */
export function concernedBy(payload: unknown): Concerned {
  if (typeof payload !== 'object' || payload === null) return {}
  const session_id = idIn(payload, 'session_id', SessionId)
  const command_id = idIn(payload, 'command_id', CommandId)
  return {
    ...(session_id === undefined ? {} : { session_id }),
    ...(command_id === undefined ? {} : { command_id }),
  }
}
