import type { Ack, Entry, Failure } from '@talus/protocol'
import type { Journal } from '../journal/journal.js'
import { refusal, STORAGE_FAILURE } from './failures.js'
import { RecentCommands } from './recent-commands.js'
import type { Task, Waiting } from './task.js'

type Log = { error: (fields: object, message: string) => void }

function commandIdReused(command_id: string): Failure {
  return {
    code: 'COMMAND_ID_REUSED',
    message: 'This command id was used before, with another payload',
    details: [{ path: '/command_id', expected: 'an id not used before', actual: command_id }],
  }
}

/**
 * Answers the retries of one session with what was answered the first time (rules IDEM1, IDEM2):
 * from memory while the command is recent or under way, else from the journal.
 */
export class Retries {
  readonly #recent = new RecentCommands()
  readonly #journal: Journal
  readonly #session_id: string
  readonly #log: Log

  constructor(session_id: string, journal: Journal, log: Log) {
    this.#session_id = session_id
    this.#journal = journal
    this.#log = log
  }

  remember(task: Task, ack: Promise<Ack>): void {
    this.#recent.remember(task.command_id, task.payload_hash, ack)
  }

  /** Settles with a refusal; the same id may be tried again (rule IDEM3). */
  refuse({ task, settle }: Waiting, failure: Failure): void {
    this.#recent.forget(task.command_id)
    settle(refusal(failure, task.command_id))
  }

  /** The answer to a task that is a recent one again; undefined when it is not. */
  repeat(task: Task): Promise<Ack> | undefined {
    const known = this.#recent.find(task.command_id)
    if (!known) return undefined
    if (known.payload_hash !== task.payload_hash) {
      return Promise.resolve(refusal(commandIdReused(task.command_id), task.command_id))
    }
    return known.ack.then((ack) => (ack.ok ? { ...ack, duplicate: true } : ack))
  }

  /** Answers a task that the journal knows; false when it does not. */
  async answerFromJournal(waiting: Waiting): Promise<boolean> {
    const { command_id, payload_hash } = waiting.task
    const session_id = this.#session_id
    try {
      const stored = await this.#journal.findCommand(session_id, command_id)
      if (!stored) return false
      if (stored.payload_hash !== payload_hash) {
        this.refuse(waiting, commandIdReused(command_id))
        return true
      }
      const entry = stored.body === null ? undefined : (JSON.parse(stored.body) as Entry)
      const plain = { ok: true, command_id, seq: stored.seq, result: entry?.result ?? null } as const
      waiting.settle({ ...(stored.ack ?? plain), duplicate: true })
    } catch (err) {
      this.#log.error({ session_id, command_id, err }, 'command lookup failed')
      this.refuse(waiting, STORAGE_FAILURE)
    }
    return true
  }
}
