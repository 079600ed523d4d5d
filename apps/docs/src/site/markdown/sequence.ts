/** One line of a sequence diagram. */
export type Step =
  | { kind: 'message'; from: string; to: string; text: string; isReply: boolean }
  | { kind: 'note'; at: string; text: string }

export type Sequence = { participants: string[]; steps: Step[] }

const PARTICIPANT = /^participant (.+)$/
const MESSAGE = /^(.+?) (--?>) (.+?): (.+)$/
const NOTE = /^note (.+?): (.+)$/

/**
 * Reads a diagram: `participant Ann`, then `Ann -> Server: join_session` (asks), `Server --> Ann:
 * joined` (answers, or tells), `note Server: text`. Throws for any other line, and for a name that is
 * no participant.
 */
export function parseSequence(source: string): Sequence {
  const lines = source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const participants = lines.flatMap((line) => PARTICIPANT.exec(line)?.slice(1) ?? [])
  const known = (name: string) => {
    if (!participants.includes(name)) throw new Error(`${name} is no participant of the diagram`)
    return name
  }
  const steps = lines
    .filter((line) => !PARTICIPANT.test(line))
    .map((line): Step => {
      const note = NOTE.exec(line)
      if (note) return { kind: 'note', at: known(note[1] ?? ''), text: note[2] ?? '' }
      const message = MESSAGE.exec(line)
      if (!message) throw new Error(`A diagram has no line like: ${line}`)
      const [, from = '', arrow, to = '', text = ''] = message
      return { kind: 'message', from: known(from), to: known(to), text, isReply: arrow === '-->' }
    })
  return { participants, steps }
}
