import Type, { type TProperties } from 'typebox'
import { Actor } from '../model/actor.js'
import { CommandId, SessionId } from '../model/id.js'
import { Seq, Timestamp } from '../model/seq.js'

/** Fields of an event that comes from a committed entry; absent when nothing was committed. */
export const FROM_ENTRY = {
  seq: Type.Optional(Seq),
  command_id: Type.Optional(CommandId),
  actor: Type.Optional(Actor),
}

/** Payload of an event to a room of `/`: it names itself, its session and its time. */
export function roomEvent<const Name extends string, const Fields extends TProperties>(
  name: Name,
  fields: Fields,
) {
  return Type.Object({
    event: Type.Literal(name),
    session_id: SessionId,
    timestamp: Timestamp,
    ...fields,
  })
}

/** Payload of an event to a room of `/graph`: the fields of its document, and when and where. */
export function graphEvent<const Fields extends TProperties>(fields: Fields) {
  return Type.Object({ ...fields, session_id: SessionId, timestamp: Timestamp })
}
