import type { Steps } from '@talus/graph'
import type { Ack, Entry, Failure } from '@talus/protocol'
import type { Prepared } from '../broadcast/fan-out.js'
import type { Broadcaster } from '../broadcast/hub.js'
import type { Publication, SessionContext } from '../broadcast/publication.js'
import { errorBody } from '../errors.js'
import type { EntryText } from '../journal/entry-text.js'
import type { PresenceBoard } from '../presence/presence.js'
import { mayBeOld, type Pending } from './pipeline.js'
import { commandRef, type Waiting } from './task.js'

type PublisherServices = {
  broadcaster: Broadcaster
  presence: Pick<PresenceBoard, 'prune'>
  log: { error: (fields: object, message: string) => void }
}

type Told = Pick<Pending, 'timestamp'> & Waiting

/** What is about to be published, and the bytes of it. */
type PreparedGroup = { publications: readonly Publication[]; made: Prepared }

/** What a session tells its room, in the order of the commits. Nothing here ever throws. */
export class SessionPublisher {
  readonly #context: () => SessionContext
  readonly #services: PublisherServices
  /** What will be said of the group that is being written, unless something comes between. */
  #prepared: PreparedGroup | undefined

  /** `context` gives the session as it is now. */
  constructor(context: () => SessionContext, services: PublisherServices) {
    this.#context = context
    this.#services = services
  }

  /** Makes what will be said of a group once it is durable. */
  prepare(group: readonly Pending[]): void {
    // What becomes of the refused shows when the others are durable.
    if (group.some(({ outcome }) => outcome === 'refused')) return
    const publications = publicationsOf(group, publicationOf)
    try {
      const made = this.#services.broadcaster.prepare(this.#context(), publications)
      if (made) this.#prepared = { publications, made }
    } catch {
      // Whatever it is, publishing will meet it and say so.
    }
  }

  /** The group did not become durable, or not as it was. */
  forget(): void {
    this.#prepared = undefined
  }

  /** Tells that the commands of a group are being executed, of each once. */
  executing(group: readonly Pending[]): void {
    this.forget()
    const publications = publicationsOf(group, (pending) => {
      const { task, timestamp, announced } = pending
      const command = announced ? undefined : commandRef(task, timestamp)
      if (!command) return undefined
      pending.announced = true
      return { kind: 'executing', command }
    })
    this.#publish(publications)
  }

  /** Tells what a group came to. A refused command that may be an old one is left for later. */
  done(group: readonly Pending[]): void {
    const prepared = this.#prepared
    this.forget()
    if (prepared) return this.#publish(prepared.publications, prepared.made)
    this.#publish(
      publicationsOf(group, (pending) => (mayBeOld(pending) ? undefined : publicationOf(pending))),
    )
  }

  /** The same in steps, for a group that is about many nodes. */
  *doneInSteps(group: readonly Pending[]): Steps<void> {
    this.forget()
    const publications = publicationsOf(group, (one) =>
      mayBeOld(one) ? undefined : publicationOf(one),
    )
    if (publications.length === 0) return
    const context = { ...this.#context() }
    try {
      yield* this.#services.broadcaster.publishInSteps(context, publications)
      this.#prunePresence(context, publications)
    } catch (err) {
      this.#unpublished(context, err)
    }
  }

  failed(all: readonly Told[], failure: Failure): void {
    this.#publish(publicationsOf(all, (told) => failedPublication(told, failure)))
  }

  /** Ends the announcement of a task that turned out to be an old one. */
  wasOld(pending: Pending, ack: Ack): void {
    if (pending.announced)
      this.#publish(publicationsOf([pending], (told) => closingPublication(told, ack)))
  }

  /** Tells of entries that somebody else has appended. */
  tookIn(entries: readonly { entry: Entry; body: EntryText }[]): void {
    this.#publish(entries.map((each) => ({ kind: 'committed', ...each, announced: false })))
  }

  /** Publishes what was said elsewhere. */
  heard(publications: readonly Publication[]): void {
    const context = this.#context()
    try {
      this.#services.broadcaster.relay(context, publications)
    } catch (err) {
      this.#unpublished(context, err)
    }
  }

  #publish(publications: readonly Publication[], made?: Prepared): void {
    if (publications.length === 0) return
    const context = this.#context()
    try {
      this.#services.broadcaster.publish(context, publications, made)
      this.#prunePresence(context, publications)
    } catch (err) {
      this.#unpublished(context, err)
    }
  }

  /** Takes deleted nodes out of the presence of clients (rule PRES2). */
  #prunePresence({ session_id }: SessionContext, publications: readonly Publication[]): void {
    try {
      for (const publication of publications) {
        if (publication.kind !== 'committed') continue
        this.#services.presence.prune(session_id, publication.entry.changes)
      }
    } catch (err) {
      // Presence never fails a command.
      this.#services.log.error({ session_id, err }, 'presence could not follow a commit')
    }
  }

  /** A listener never fails a command that is durable (rule CMD3). */
  #unpublished({ session_id }: SessionContext, err: unknown): void {
    this.#services.log.error({ session_id, err }, 'publishing failed')
  }
}

function publicationsOf<T>(
  all: readonly T[],
  say: (one: T) => Publication | undefined,
): Publication[] {
  const publications: Publication[] = []
  for (const one of all) {
    const publication = say(one)
    if (publication) publications.push(publication)
  }
  return publications
}

/** What the room learns when a task is done. Refused undos concern their caller only. */
function publicationOf(pending: Pending): Publication | undefined {
  const { task, timestamp, announced } = pending
  switch (pending.outcome) {
    case 'entry':
      return { kind: 'committed', entry: pending.entry, body: pending.body, announced }
    case 'receipt': {
      const command = commandRef(task, timestamp)
      const { result } = pending.receipt.ack
      return command && { kind: 'unchanged', command, result, announced }
    }
    case 'refused':
      return failedPublication(pending, pending.failure)
    default:
      return pending satisfies never
  }
}

function failedPublication(told: Told, failure: Failure): Publication | undefined {
  const { task, timestamp, announced } = told
  const command = commandRef(task, timestamp)
  return command && { kind: 'failed', command, error: errorBody(failure), announced }
}

function closingPublication(told: Told, ack: Ack): Publication | undefined {
  const { task, timestamp, announced } = told
  const command = commandRef(task, timestamp)
  if (!command) return undefined
  return ack.ok
    ? { kind: 'unchanged', command, result: ack.result, announced }
    : { kind: 'failed', command, error: ack.error, announced }
}
