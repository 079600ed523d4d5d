/** How long somebody may pause within one undo step, in milliseconds. */
const PAUSE_MS = 1_000

/** What the compiler has checked, and somebody may have passed all the same. */
type Command = { command_type?: unknown; data?: unknown } | null | undefined

type Data = { node_id?: unknown; property_id?: unknown; commands?: unknown } | null | undefined

/** Commands that a batch of a run may have. */
const MAX_BATCH = 100

/** What an edit is about: the property, the node that moves, or all of that of a batch. */
function subjectOf(command: Command): string | undefined {
  const command_type = command?.command_type
  const { node_id, property_id, commands } = (command?.data as Data) ?? {}
  if (command_type === 'MoveNode') return `${String(node_id)} @`
  if (command_type === 'UpdateProperty' || command_type === 'DeleteProperty') {
    return `${String(node_id)} .${String(property_id)}`
  }
  if (command_type !== 'Batch' || !Array.isArray(commands)) return undefined
  const subjects = commands.slice(0, MAX_BATCH + 1).map((one) => subjectOf(one as Command))
  if (subjects.length > MAX_BATCH) return undefined
  return subjects.includes(undefined) ? undefined : subjects.join('\n')
}

/**
 * Which commands are one undo step (rule UNDO14): edits of the same property, or moves of the same
 * node, that follow each other without a pause; or whatever the application gives one key.
 */
export class CommandRuns {
  #last: { subject: string; first: string; at: number } | undefined

  /**
   * The first command of the run that this one goes on with. `key` names a run, whatever it is about
   * and however long it takes; false begins and ends one.
   */
  next(command_id: string, command: Command, key?: string | false): string | undefined {
    const subject = key === undefined ? subjectOf(command) : key && `=${key}`
    const last = this.#last
    const at = performance.now()
    const goesOn =
      last?.subject === subject && last && (key !== undefined || at - last.at <= PAUSE_MS)
    const first = goesOn ? last.first : command_id
    this.#last = subject ? { subject, first, at } : undefined
    return goesOn ? first : undefined
  }

  /** The next command begins a step. */
  end(): void {
    this.#last = undefined
  }
}
