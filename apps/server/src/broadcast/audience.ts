import { epochOf, type AccessRules, type RoleView, type Steps } from '@talus/graph'
import type { Role } from '@talus/protocol'
import type { Member } from './member.js'
import { graphPacket, rootPacket } from './packets.js'
import type { Publication, SessionContext } from './publication.js'
import { send, sendInSteps, spoken, type Said } from './said.js'
import { seenContext, seenPublication, seenPublicationInSteps } from './seen.js'

/** A session that does not show everything to everybody. */
export type RuledSession = SessionContext & { rules: AccessRules }

/**
 * How a member was last shown its session: null is the whole, undefined a view that nobody knows,
 * so that the member has to begin anew.
 */
export type Sight = RoleView | null | undefined

/** A member in its room. */
export type Place = { readonly member: Member; sight: Sight }

function newSight(session: RuledSession, view: RoleView | null, told: { role: Role; now: string }) {
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
  return { events: root, changes: root, graph: () => [graphPacket(event, said)] } satisfies Said
}

/**
 * Looks at what a member's role shows it now, and tells it to begin anew when that is not what it
 * was shown before (rule VIEW5). Undefined: nobody knows, and it must not be told anything.
 */
export function look(place: Place, session: RuledSession, now: () => string): Sight {
  const { member, sight: before } = place
  const role = member.role()
  const view = role && session.rules.viewOf(role)
  place.sight = view
  if (role === undefined || view === undefined) return undefined
  const isKnown = before !== undefined && before?.name === view?.name
  if (!isKnown) send([place], newSight(session, view, { role, now: now() }))
  return view
}

/** Those who are sent the same. */
type Audience = { view: RoleView | null; places: Place[] }

function audiencesOf(
  room: Iterable<Place>,
  session: RuledSession,
  now: () => string,
): Iterable<Audience> {
  const audiences = new Map<string, Audience>()
  for (const place of room) {
    const view = look(place, session, now)
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
  room: Iterable<Place>,
  { session, publications }: { session: RuledSession; publications: readonly Publication[] },
  now: () => string,
): void {
  for (const { view, places } of audiencesOf(room, session, now)) {
    const said = view
      ? spoken(
          seenContext(session, view),
          publications.map((publication) => seenPublication(publication, view)),
        )
      : spoken(session, publications)
    send(places, said)
  }
}

/** The same in steps, for publications about many nodes. */
export function* publishByViewInSteps(
  room: Iterable<Place>,
  { session, publications }: { session: RuledSession; publications: readonly Publication[] },
  now: () => string,
): Steps<void> {
  for (const { view, places } of audiencesOf(room, session, now)) {
    if (!view) yield* sendInSteps(places, session, publications)
    else {
      const seen: Publication[] = []
      for (const publication of publications) {
        seen.push(yield* seenPublicationInSteps(publication, view))
      }
      yield* sendInSteps(places, seenContext(session, view), seen)
    }
  }
}
