import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { Entry } from '../../model/entry.js'
import { SessionId } from '../../model/id.js'
import { RoleSchema } from '../../model/member.js'
import { Presence } from '../../model/presence.js'
import { GuestToken } from '../../model/share-link.js'
import { Epoch, Seq } from '../../model/seq.js'

/** Answer to `join_session`, to the joiner only. */
export const Joined = defineServerEvent({
  name: 'joined',
  description: 'Answer to `join_session`, to the joiner only.',
  payload: Type.Object({
    session_id: SessionId,
    client_id: Type.String(),
    active_clients: Type.Integer({ minimum: 0 }),
    seq: Seq,
    epoch: Epoch,
    protocol_version: Type.String(),
    contract_hash: Type.String({ description: 'SHA-256 of contract.json, hex' }),
    actor: Type.Optional(Actor),
    role: Type.Optional(RoleSchema),
    guest_token: Type.Optional(GuestToken),
    presence: Type.Optional(
      Type.Array(Presence, { description: 'Where everybody is (rule PRES1)' }),
    ),
    entries: Type.Optional(Type.Array(Entry)),
    snapshot_required: Type.Optional(Type.Boolean()),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    client_id: 'socket-client-id',
    active_clients: 2,
    seq: 7,
    epoch: 'e-1',
    protocol_version: '1.3',
    contract_hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    presence: [{ client_id: 'other-client-id', actor: { id: 'ann' }, state: { focus: 'task-1' } }],
  },
})
