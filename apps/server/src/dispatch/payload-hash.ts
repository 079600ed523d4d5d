import { hash } from 'node:crypto'
import type { Command, Position, SimpleCommand } from '@talus/protocol'

type Plain = { [key: string]: unknown }

/** The same value with the keys of every object in one order. Scalars and short lists stay as they are. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(ordered)
  const sorted: Plain = {}
  for (const key of sortedKeys(value)) sorted[key] = ordered((value as Plain)[key])
  return sorted
}

/** The general sort takes two kilobytes for each list; most objects have a handful of keys. */
const FEW = 10

function sortedKeys(value: object): string[] {
  const keys = Object.keys(value)
  if (keys.length > FEW) return keys.toSorted()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] ?? ''
    let at = i
    for (let before = keys[at - 1]; before !== undefined && before > key; before = keys[at - 1]) {
      keys[at] = before
      at -= 1
    }
    keys[at] = key
  }
  return keys
}

type Placed = { position?: Position | undefined }

function isEnd({ position }: Placed): boolean {
  return position !== undefined && 'at' in position && position.at === 'end'
}

/** What a command says beside its defaults, which it may give or leave out (rule IDEM5). */
function plainData({ command_type, data }: SimpleCommand): object {
  switch (command_type) {
    case 'CreateNode': {
      const { parent_id, position, properties, ...rest } = data
      return {
        ...rest,
        ...(parent_id === null ? {} : { parent_id }),
        ...(isEnd(data) ? {} : { position }),
        ...(properties && Object.keys(properties).length > 0 && { properties }),
      }
    }
    case 'LinkNode':
    case 'MoveNode': {
      const { position, ...rest } = data
      return isEnd(data) ? rest : { ...rest, position }
    }
    case 'DeleteNode':
    case 'UnlinkNode':
    case 'UpdateProperty':
    case 'DeleteProperty':
      return data
    default:
      return command_type satisfies never
  }
}

/**
 * What tells a command from another under the same id: the same for payloads that mean the same,
 * with a default given or left out, a type by its short or its long name (rule IDEM5).
 */
export function payloadOf(command: Command, label: string | undefined): object {
  const { command_type: type } = command
  if (type !== 'Batch') return { type, data: plainData(command), label }
  const commands = command.data.commands.map((each) => ({
    command_type: each.command_type,
    data: plainData(each),
  }))
  return { type, data: { commands }, label: label ?? command.data.label }
}

/**
 * Digest of a command's payload that does not depend on the order of keys: tells a retry from
 * another command under the same id (rule IDEM2). The depth of values is bounded by the gate.
 */
export function payloadHash(payload: object): string {
  return hash('sha1', JSON.stringify(ordered(payload)), 'base64url')
}
