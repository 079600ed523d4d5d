import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { AckFailure } from '../../model/ack.js'
import { ActorClaim } from '../../model/actor.js'
import { SessionId } from '../../model/id.js'
import { Epoch, Seq } from '../../model/seq.js'
import { ShareToken } from '../../model/share-link.js'
import { Joined } from '../root/joined.js'

/** Enters a session on `/`. `stream` chooses granular events or `session:changes` frames. */
export const JoinSession = defineClientEvent({
  name: 'join_session',
  description:
    'Enters a session on `/`. `stream` chooses granular events or `session:changes` frames.',
  requires: 'viewer',
  scope: 'session',
  ack: Type.Union([
    Type.Intersect([Type.Object({ ok: Type.Literal(true) }), Joined.payload]),
    AckFailure,
  ]),
  payload: Type.Object(
    {
      session_id: SessionId,
      stream: Type.Optional(Type.Union([Type.Literal('events'), Type.Literal('changes')])),
      last_seq: Type.Optional(Seq),
      epoch: Type.Optional(Epoch),
      actor: Type.Optional(ActorClaim),
      share_token: Type.Optional(ShareToken),
      protocol_version: Type.Optional(Type.String({ maxLength: 16 })),
    },
    { additionalProperties: false },
  ),
  example: { session_id: '550e8400-e29b-41d4-a716-446655440000' },
  example_ack: { ok: true, ...Joined.example },
})
