import Type, { type Static, type TObject, type TProperties } from 'typebox'
import { defineServerEvent, type ServerEventDefinition } from '../define.js'
import { Actor } from '../model/actor.js'
import { CommandId, SessionId } from '../model/id.js'
import { Seq, Timestamp } from '../model/seq.js'

/** Fields of an event that comes from a committed entry; absent when nothing was committed. */
export const FROM_ENTRY = {
  seq: Type.Optional(Seq),
  command_id: Type.Optional(CommandId),
  actor: Type.Optional(Actor),
}

/** The same in examples. */
export const BY_ENTRY = { seq: 7, command_id: 'cmd-1', actor: { id: 'anonymous' } }

const ROOM = { session_id: SessionId, timestamp: Timestamp }

/** The session that all examples are about, and when. */
export const SESSION_ID = '550e8400-e29b-41d4-a716-446655440000'
export const TIME = '2026-01-28T15:30:00Z'

const ROOM_EXAMPLE = { session_id: SESSION_ID, timestamp: TIME }

type RoomEvent<Name extends string, Fields extends TProperties> = {
  name: Name
  description: string
  fields: Fields
  /** Of the fields. */
  example: Static<TObject<Fields>>
}

/** An event to a room of `/`: its payload names itself, its session and its time. */
export function roomEvent<const Name extends string, const Fields extends TProperties>({
  name,
  description,
  fields,
  example,
}: RoomEvent<Name, Fields>) {
  const payload = Type.Object({ event: Type.Literal(name), ...ROOM, ...fields })
  // The fields of a room and those of the event are all that there are.
  const whole = { event: name, ...ROOM_EXAMPLE, ...(example as object) } as Static<typeof payload>
  return defineServerEvent({ name, description, payload, example: whole })
}

/** An event to a room of `/graph`: the fields of its document, and when and where. */
export function graphEvent<const Name extends string, const Fields extends TProperties>({
  name,
  description,
  fields,
  example,
}: RoomEvent<Name, Fields>) {
  const payload = Type.Object({ ...fields, ...ROOM })
  // As above.
  const whole = { ...ROOM_EXAMPLE, ...(example as object) } as Static<typeof payload>
  return defineServerEvent({ name, description, payload, example: whole })
}

type OfRoom = 'event' | 'session_id' | 'timestamp'

/** The same event on `/graph`; `without`: fields that its example leaves out. */
export function ofGraph<const Name extends string, Props extends TProperties>(
  root: ServerEventDefinition<string, TObject<Props>>,
  { name, description, without = [] }: { name: Name; description: string; without?: string[] },
) {
  const inRoom = new Set(['event', 'session_id', 'timestamp'])
  const left = (object: object, left_out: Set<string>) =>
    Object.fromEntries(Object.entries(object).filter(([key]) => !left_out.has(key)))
  return graphEvent({
    name,
    description,
    fields: left(root.payload.properties, inRoom) as Omit<Props, OfRoom>,
    example: left(root.example as object, new Set([...inRoom, ...without])) as never,
  })
}
