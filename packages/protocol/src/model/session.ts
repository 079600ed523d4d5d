import Type, { type Static } from 'typebox'
import { ProjectId, SessionId, TemplateId } from './id.js'
import { Epoch, Seq, Timestamp } from './seq.js'

export const SessionInfo = Type.Object(
  {
    session_id: SessionId,
    project_id: Type.Union([ProjectId, Type.Null()]),
    template_id: Type.Union([TemplateId, Type.Null()]),
    seq: Seq,
    epoch: Epoch,
    created_at: Timestamp,
    active_clients: Type.Integer({ minimum: 0 }),
    damaged: Type.Optional(
      Type.Literal(true, {
        description:
          'In lists: its record or the end of its history is damaged, and the session is refused (STORE1)',
      }),
    ),
  },
  { description: 'A session and where it stands' },
)
export type SessionInfo = Static<typeof SessionInfo>
