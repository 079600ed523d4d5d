import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { ActorId } from '../../model/id.js'
import { RoleSchema } from '../../model/member.js'
import { roomEvent } from '../fields.js'

/** Somebody has another role in the session, or none any longer. */
export const PermissionsChanged = defineServerEvent({
  name: 'permissions:changed',
  description: 'Somebody has another role in the session, or none any longer.',
  payload: roomEvent('permissions:changed', {
    actor_id: ActorId,
    role: Type.Union([RoleSchema, Type.Null()]),
  }),
  example: {
    event: 'permissions:changed',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    actor_id: 'ann',
    role: 'editor',
  },
})
