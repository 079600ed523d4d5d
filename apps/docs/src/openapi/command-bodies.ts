import type { Components } from '../components.js'
import type { Command, Contract, Schema } from '../contract.js'

type Commands = Contract['commands']

/** The names that a command goes by, the short one first. */
function namesOf({ type, alias }: Command): string[] {
  return [type, alias]
}

/** What a batch holds: any command but a batch. */
function batchData(components: Components, commands: Commands, data: Schema): Schema {
  const simple = Object.values(commands).filter(({ type }) => type !== 'Batch')
  const items = chosen(components, simple, (command) => ({
    name: `Batched${command.type}`,
    schema: {
      type: 'object',
      properties: { command_type: { enum: namesOf(command) }, data: command.data },
      required: ['command_type', 'data'],
      additionalProperties: false,
    },
  }))
  const properties = data['properties'] as Record<string, Schema>
  return { ...data, properties: { ...properties, commands: { ...properties['commands'], items } } }
}

type Alternative = { name: string; schema: Schema }

/** One of several shapes, told apart by `command_type`. */
function chosen(
  components: Components,
  commands: Command[],
  shapeOf: (command: Command) => Alternative,
): Schema {
  const mapping: Record<string, unknown> = {}
  const oneOf = commands.map((command) => {
    const { name, schema } = shapeOf(command)
    const reference = components.refer(name, schema)
    for (const written of namesOf(command)) mapping[written] = reference['$ref']
    return reference
  })
  return { type: 'object', oneOf, discriminator: { propertyName: 'command_type', mapping } }
}

/** The body of `execute` and `preview`, one alternative for each command. */
export function commandBody(components: Components, { commands }: Contract, body: Schema): Schema {
  for (const { type, data } of Object.values(commands)) {
    components.declare(
      `${type}Data`,
      type === 'Batch' ? batchData(components, commands, data) : data,
    )
  }
  const properties = body['properties'] as Record<string, Schema>
  return chosen(components, Object.values(commands), (command) => {
    const { type, data } = command
    const own = type === 'Batch' ? batchData(components, commands, data) : data
    const command_type = { enum: namesOf(command) }
    const schema = { ...body, properties: { ...properties, command_type, data: own } }
    return { name: `Execute${type}`, schema }
  })
}

/** An answer whose `result` is that of one of the commands. */
export function commandAnswer(
  components: Components,
  { commands }: Contract,
  answer: Schema,
): Schema {
  const results = new Map<string, Schema>()
  for (const { type, result } of Object.values(commands)) {
    // Null is the result of several commands, and has no name.
    if (result['type'] !== 'null') components.declare(`${type}Result`, result)
    results.set(JSON.stringify(result), result)
  }
  const properties = answer['properties'] as Record<string, Schema>
  return { ...answer, properties: { ...properties, result: { anyOf: [...results.values()] } } }
}
