import { type AccessRules, epochOf, jsonInSteps, type RoleView, type Steps } from '@talus/graph'
import { type ErrorBody, type ErrorDetail, ERRORS, type Role } from '@talus/protocol'
import { textOf } from '../journal/entry-text.js'
import { type Member, type PacketsByFollowing, packetsOf, send, sendInSteps } from './fan-out.js'
import { graphPacket, rootPacket } from './packets.js'
import type { Publication, SessionContext } from './publication.js'

/** A session that does not show everything to everybody. */
type RuledSession = SessionContext & { rules: AccessRules }

/**
 * How a member was last shown its session: null is the whole, undefined a view that nobody knows,
 * so that the member has to begin anew.
 */
export type ShownView = RoleView | null | undefined

/** A member in its room. */
export type RoomMember = { readonly member: Member; view: ShownView }

function viewChanged(
  session: RuledSession,
  view: RoleView | null,
  told: { role: Role; now: string },
) {
  const { session_id, seq } = session
  const said = {
    session_id,
    timestamp: told.now,
    seq,
    epoch: epochOf(session.epoch, view),
    reason: 'Your role shows another part of the graph now: fetch it',
    role: told.role,
  }
  const event = 'resync:required'
  const root = () => [rootPacket(event, { event, ...said })]
  return {
    events: root,
    changes: root,
    graph: () => [graphPacket(event, said)],
  } satisfies PacketsByFollowing
}

/**
 * Looks at what a member's role shows it now, and tells it to begin anew when that is not what it
 * was shown before (rule VIEW5). Undefined: nobody knows, and it must not be told anything.
 */
export function refreshView(
  place: RoomMember,
  session: RuledSession,
  now: () => string,
): ShownView {
  const { member, view: before } = place
  const role = member.role()
  const view = role && session.rules.viewOf(role)
  place.view = view
  if (role === undefined || view === undefined) return undefined
  const isKnown = before !== undefined && before?.name === view?.name
  if (!isKnown) send([place], viewChanged(session, view, { role, now: now() }))
  return view
}

/** Those who are sent the same. */
type Audience = { view: RoleView | null; places: RoomMember[] }

function audiencesOf(
  room: Iterable<RoomMember>,
  session: RuledSession,
  now: () => string,
): Iterable<Audience> {
  const audiences = new Map<string, Audience>()
  for (const place of room) {
    const view = refreshView(place, session, now)
    if (view === undefined) {
      // It goes, or is told what to do once its role is known.
      void place.member.review()
      continue
    }
    const name = view?.name ?? ''
    const audience = audiences.get(name) ?? { view, places: [] }
    audiences.set(name, audience)
    audience.places.push(place)
  }
  return audiences.values()
}

/**
 * Says what happened to everybody in the view of their role, as it is at this moment: made once for
 * each view that somebody in the room has.
 */
export function publishByView(
  room: Iterable<RoomMember>,
  { session, publications }: { session: RuledSession; publications: readonly Publication[] },
  now: () => string,
): void {
  for (const { view, places } of audiencesOf(room, session, now)) {
    const said = view
      ? packetsOf(
          viewedContext(session, view),
          publications.map((publication) => viewedPublication(publication, view)),
        )
      : packetsOf(session, publications)
    send(places, said)
  }
}

/** The same in steps, for publications about many nodes. */
export function* publishByViewInSteps(
  room: Iterable<RoomMember>,
  { session, publications }: { session: RuledSession; publications: readonly Publication[] },
  now: () => string,
): Steps<void> {
  for (const { view, places } of audiencesOf(room, session, now)) {
    if (!view) yield* sendInSteps(places, session, publications)
    else {
      const seen: Publication[] = []
      for (const publication of publications) {
        seen.push(yield* viewedPublicationInSteps(publication, view))
      }
      yield* sendInSteps(places, viewedContext(session, view), seen)
    }
  }
}

/** The fields of commands that hold what is written: what is below them are keys of values. */
const CONTENTS = /\/(?:new_value|old_value|metadata|properties)(?=\/)/

/** What is wrong and with which field; neither the value nor what is inside of it. */
function withoutValue({ path, expected }: ErrorDetail): ErrorDetail {
  const content = CONTENTS.exec(path)
  return { path: content ? path.slice(0, content.index + content[0].length) : path, expected }
}

/**
 * A refusal repeats what somebody wanted to write: values, keys inside of them, and names that may
 * be of anything. In a limited view it says what its code says (rules VIEW6, VIEW7).
 */
function withoutValues(whole: ErrorBody): ErrorBody {
  const { message: _, details, ...error } = whole
  const message = ERRORS[error.code].description
  return { ...error, message, ...(details && { details: details.map(withoutValue) }) }
}

/** What a room learns, as a view shows it (rules VIEW2, VIEW6). */
function viewedPublication(publication: Publication, view: RoleView): Publication {
  switch (publication.kind) {
    case 'committed': {
      const entry = view.entry(publication.entry)
      if (entry === publication.entry) return publication
      return { ...publication, entry, body: JSON.stringify(entry) }
    }
    case 'unchanged': {
      const { label: _, ...command } = publication.command
      return { ...publication, command }
    }
    case 'failed':
      return { ...publication, error: withoutValues(publication.error) }
    case 'executing':
    case 'saved':
      return publication
    default:
      return publication satisfies never
  }
}

/** The same in steps, for an entry about many nodes. */
function* viewedPublicationInSteps(publication: Publication, view: RoleView): Steps<Publication> {
  if (publication.kind !== 'committed') return viewedPublication(publication, view)
  const entry = yield* view.entryInSteps(publication.entry)
  if (entry === publication.entry) return publication
  return { ...publication, entry, body: textOf(yield* jsonInSteps(entry)) }
}

/** A session as a view names it: its history is another one. */
function viewedContext(session: SessionContext, view: RoleView): SessionContext {
  return { ...session, epoch: epochOf(session.epoch, view) }
}
