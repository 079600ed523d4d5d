import type { Ack, Entry, Failure } from '@talus/protocol'
import { StorageError, type Journal } from '../journal/journal.js'
import type { Faults } from '../observability/faults.js'
import { NOT_DURABLE, refusal } from './failures.js'
import { RecentCommands } from './recent-commands.js'
import type { Task, Waiting } from './task.js'

function commandIdReused(command_id: string): Failure {
  return {
    code: 'COMMAND_ID_REUSED',
    message: 'This command id was used before, with another payload',
    details: [{ path: '/command_id', expected: 'an id not used before', actual: command_id }],
  }
}

/**
 * Answers the retries of one session with what was answered the first time (rules IDEM1, IDEM2):
 * with the answer that a command under way will get, else from the journal.
 */
export class Retries {
  readonly #recent = new RecentCommands()
  /** Of an id that several payloads want: the answer to the last of them. */
  readonly #queues = new Map<string, Promise<Ack>>()
  readonly #journal: Journal
  readonly #session_id: string
  readonly #faults: Faults

  constructor(session_id: string, journal: Journal, faults: Faults) {
    this.#session_id = session_id
    this.#journal = journal
    this.#faults = faults
  }

  /** A retry that comes before the answer shall get the same. */
  wait({ command_id, chosen, payload_hash }: Task, ack: Promise<Ack>): void {
    // An id that the server made up is not known to anybody until it is answered.
    if (chosen) this.#recent.wait(command_id, { payload_hash, ack })
  }

  /** Settles with a refusal; the same id may be tried again (rule IDEM3). */
  refuse({ task, settle }: Waiting, failure: Failure): void {
    this.#recent.forget(task.command_id)
    settle(refusal(failure, task.command_id))
  }

  /**
   * The answer to a task that is a recent one again; undefined when it is not. Whether an id is
   * used shows when its command is accepted: a refused one leaves it free. Those who want it with
   * other payloads are submitted one after the other: one refusal does not wake all of them.
   */
  repeat(task: Task, submit: () => Promise<Ack>): Promise<Ack> | undefined {
    const { command_id, payload_hash } = task
    const waiting = this.#recent.waiting(command_id)
    if (waiting?.payload_hash === payload_hash) {
      return waiting.ack.then((ack) => (ack.ok ? { ...ack, duplicate: true } : ack))
    }
    const before = this.#queues.get(command_id) ?? waiting?.ack
    if (before) return this.#queue(task, before, submit)
    return this.#recent.isAccepted(command_id) ? this.accepted(task) : undefined
  }

  #queue(task: Task, before: Promise<Ack>, submit: () => Promise<Ack>): Promise<Ack> {
    const { command_id } = task
    const answer = before.then(() =>
      this.#recent.isAccepted(command_id) ? this.accepted(task) : submit(),
    )
    this.#queues.set(command_id, answer)
    void answer.then(() => {
      if (this.#queues.get(command_id) === answer) this.#queues.delete(command_id)
    })
    return answer
  }

  /** The answer to a task whose id is that of an accepted command. Never rejects. */
  async accepted(task: Task): Promise<Ack> {
    const old = await this.lookUp(task)
    return old ?? this.#unreadable(task, new StorageError('The command of a taken id is not there'))
  }

  /** What the journal says of a task that may be an old one; undefined: it is none. */
  async lookUp(task: Task): Promise<Ack | undefined> {
    const { command_id, payload_hash } = task
    try {
      const stored = await this.#journal.findCommand(this.#session_id, command_id)
      if (!stored) return undefined
      if (stored.payload_hash !== payload_hash) {
        return refusal(commandIdReused(command_id), command_id)
      }
      const entry = stored.body === null ? undefined : (JSON.parse(stored.body) as Entry)
      const plain = {
        ok: true,
        command_id,
        seq: stored.seq,
        result: entry?.result ?? null,
      } as const
      return { ...(stored.ack ?? plain), duplicate: true }
    } catch (err) {
      return this.#unreadable(task, err)
    }
  }

  #unreadable({ command_id }: Task, err: unknown): Ack {
    const about = { session_id: this.#session_id, command_id }
    return refusal(this.#faults.storage(err, NOT_DURABLE, about), command_id)
  }

  /** Settles with what became of the task, or with what was looked up. */
  answer({ task, settle }: Waiting, ack: Ack): void {
    if (ack.ok) this.#recent.accept(task.command_id)
    else this.#recent.forget(task.command_id)
    settle(ack)
  }
}
