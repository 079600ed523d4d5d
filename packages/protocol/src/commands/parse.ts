import { fail, ok, type Result } from '../result.js'
import { checkJson, type JsonLimits } from '../plain-json.js'
import { check } from '../validation.js'
import {
  type BatchCommand,
  type Command,
  COMMANDS,
  type CommandType,
  type SimpleCommand,
} from './index.js'

const BY_NAME = new Map<string, CommandType>(
  Object.values(COMMANDS).flatMap((definition) => [
    [definition.type, definition.type],
    [definition.alias, definition.type],
  ]),
)

/** The canonical type of a command, or of the reference implementation's class name. */
export function commandTypeOf(name: string): CommandType | undefined {
  return BY_NAME.get(name)
}

function unknownCommand(name: string, at: string): Result<never> {
  const actual = name.slice(0, 80)
  const expected = `to be one of ${Object.keys(COMMANDS).join(', ')}`
  return fail('UNKNOWN_COMMAND', `Unknown command type '${actual}'`, [
    { path: `${at}/command_type`, expected, actual },
  ])
}

function parseSimple(name: string, data: unknown, at: string): Result<SimpleCommand> {
  const type = commandTypeOf(name)
  if (!type) return unknownCommand(name, at)
  if (type === 'Batch') {
    return fail('BAD_REQUEST', 'A batch cannot hold another batch', [
      { path: `${at}/command_type`, expected: 'to be a command other than Batch', actual: name },
    ])
  }
  const checked = check(COMMANDS[type].data, data, `${at}/data`)
  // The schema of `type` has just accepted the data; the union cannot follow that by itself.
  return checked.ok ? ok({ command_type: type, data: checked.value } as SimpleCommand) : checked
}

function parseBatch(data: unknown): Result<BatchCommand> {
  const batch = check(COMMANDS.Batch.data, data, '/data')
  if (!batch.ok) return batch
  const commands: SimpleCommand[] = []
  for (const [index, item] of batch.value.commands.entries()) {
    const parsed = parseSimple(item.command_type, item.data, `/data/commands/${index}`)
    if (!parsed.ok) return parsed
    commands.push(parsed.value)
  }
  const { label } = batch.value
  return ok({
    command_type: 'Batch',
    data: label === undefined ? { commands } : { commands, label },
  })
}

/**
 * Turns a command as it came in into one that is known to be well-formed: the type resolved from
 * its name or alias, the data checked, a batch checked command by command. Paths in the details
 * point into `{ command_type, data }`. Errors: UNKNOWN_COMMAND, BAD_REQUEST, LIMIT_EXCEEDED.
 */
export function parseCommand(name: string, data: unknown, limits?: JsonLimits): Result<Command> {
  if (!commandTypeOf(name)) return unknownCommand(name, '')
  const json = checkJson(data, '/data', limits)
  if (!json.ok) return json
  return commandTypeOf(name) === 'Batch' ? parseBatch(data) : parseSimple(name, data, '')
}
