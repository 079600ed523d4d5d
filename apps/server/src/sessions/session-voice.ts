import type { Steps } from '@talus/graph'
import type { Ack, Entry, Failure } from '@talus/protocol'
import type { Broadcaster, Publication, SessionContext } from '../broadcast/publication.js'
import type { Made } from '../broadcast/said.js'
import { errorBody } from '../dispatch/failures.js'
import { mayBeOld, type Pending } from '../dispatch/pending.js'
import { commandRef, type Waiting } from '../dispatch/task.js'

type VoiceServices = {
  broadcaster: Broadcaster
  log: { error: (fields: object, message: string) => void }
}

type Told = Pick<Pending, 'timestamp'> & Waiting

/** What is about to be published, and the bytes of it. */
type Prepared = { publications: readonly Publication[]; made: Made }

/** What a session tells its room, in the order of the commits. Nothing here ever throws. */
export class SessionVoice {
  readonly #context: () => SessionContext
  readonly #services: VoiceServices
  /** What will be said of the group that is being written, unless something comes between. */
  #prepared: Prepared | undefined

  /** `context` gives the session as it is now. */
  constructor(context: () => SessionContext, services: VoiceServices) {
    this.#context = context
    this.#services = services
  }

  /** Makes what will be said of a group once it is durable. */
  prepare(group: readonly Pending[]): void {
    // What becomes of the refused shows when the others are durable.
    if (group.some(({ outcome }) => outcome === 'refused')) return
    const publications = said(group, publicationOf)
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
    const publications = said(group, (pending) => {
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
      said(group, (pending) => (mayBeOld(pending) ? undefined : publicationOf(pending))),
    )
  }

  /** The same in steps, for a group that is about many nodes. */
  *doneInSteps(group: readonly Pending[]): Steps<void> {
    this.forget()
    const publications = said(group, (one) => (mayBeOld(one) ? undefined : publicationOf(one)))
    if (publications.length === 0) return
    const context = { ...this.#context() }
    try {
      yield* this.#services.broadcaster.publishInSteps(context, publications)
    } catch (err) {
      this.#unpublished(context, err)
    }
  }

  failed(all: readonly Told[], failure: Failure): void {
    this.#publish(said(all, (told) => failedPublication(told, failure)))
  }

  /** Ends the announcement of a task that turned out to be an old one. */
  wasOld(pending: Pending, ack: Ack): void {
    if (pending.announced) this.#publish(said([pending], (told) => closingPublication(told, ack)))
  }

  /** Tells of entries that somebody else has appended. */
  tookIn(entries: readonly { entry: Entry; body: string }[]): void {
    this.#publish(entries.map((each) => ({ kind: 'committed', ...each, announced: false })))
  }

  #publish(publications: readonly Publication[], made?: Made): void {
    if (publications.length === 0) return
    const context = this.#context()
    try {
      this.#services.broadcaster.publish(context, publications, made)
    } catch (err) {
      this.#unpublished(context, err)
    }
  }

  /** A listener never fails a command that is durable (rule CMD3). */
  #unpublished({ session_id }: SessionContext, err: unknown): void {
    this.#services.log.error({ session_id, err }, 'publishing failed')
  }
}

function said<T>(all: readonly T[], say: (one: T) => Publication | undefined): Publication[] {
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
