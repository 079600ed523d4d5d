import type { Static } from 'typebox'
import { Batch } from './batch.js'
import { CreateNode, DeleteNode, LinkNode, MoveNode, UnlinkNode } from './nodes.js'
import { DeleteProperty, UpdateProperty } from './properties.js'

/** Every command, by its type. */
export const COMMANDS = {
  CreateNode,
  DeleteNode,
  LinkNode,
  UnlinkNode,
  MoveNode,
  UpdateProperty,
  DeleteProperty,
  Batch,
} as const

export type CommandType = keyof typeof COMMANDS

/** The `data` of a command, as clients send it. */
export type CommandData<T extends CommandType> = Static<(typeof COMMANDS)[T]['data']>

/** The `result` in a command's acknowledgement. */
export type CommandResult<T extends CommandType> = Static<(typeof COMMANDS)[T]['result']>

type SimpleType = Exclude<CommandType, 'Batch'>

/** One command that is not a batch, checked against its schema. */
export type SimpleCommand = {
  [T in SimpleType]: { command_type: T; data: CommandData<T> }
}[SimpleType]

export type BatchCommand = {
  command_type: 'Batch'
  data: { commands: SimpleCommand[]; label?: string }
}

/** A command whose payload is known to be valid; what the graph plans. */
export type Command = SimpleCommand | BatchCommand
