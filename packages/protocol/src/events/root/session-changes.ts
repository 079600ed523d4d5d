import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Entry } from '../../model/entry.js'
import { SessionId } from '../../model/id.js'

/** The entries of one group commit, in order; only to those who follow `changes`. */
export const SessionChanges = defineServerEvent({
  name: 'session:changes',
  description: 'The entries of one group commit, in order; only to those who follow `changes`.',
  payload: Type.Object({ session_id: SessionId, entries: Type.Array(Entry) }),
  example: { session_id: '550e8400-e29b-41d4-a716-446655440000', entries: [] },
})
