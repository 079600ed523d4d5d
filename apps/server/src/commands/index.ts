import { backup, restore } from './backup.js'
import { SettingError, StorageError } from '../errors.js'
import { type Command, failureText, isDatabaseUrl, placeOfData, readValues } from './command.js'
import { copy } from './copy.js'
import { inspect } from './inspect.js'
import { migrate } from './migrate.js'
import { verify } from './verify.js'

const COMMANDS: readonly Command[] = [inspect, verify, backup, restore, migrate, copy]

/** The lines of `--help` about the commands. */
export function commandHelp(): string {
  return COMMANDS.flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]).join('\n')
}

export function findCommand(name: string | undefined): Command | undefined {
  return COMMANDS.find((command) => command.name === name)
}

/** Runs a command and gives the exit code: 0 success, 1 failure or damage, 2 invalid arguments. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const values = readValues(command, args)
  if (!values.ok) {
    process.stderr.write(`talus-server: ${values.error.message}\n`)
    return 2
  }
  const { databases, name, run } = command
  const place = placeOfData(values.value, env)
  const { databaseUrl, dataDir } = place
  const wrong =
    databaseUrl === undefined
      ? undefined
      : databases !== true
        ? databases
        : isDatabaseUrl(databaseUrl)
          ? undefined
          : '--database-url expects a URL such as postgres://user@host:5432/name'
  if (wrong !== undefined) {
    process.stderr.write(`talus-server: ${wrong}\n`)
    return 2
  }
  try {
    return await run(place, values.value)
  } catch (err) {
    const isTold = err instanceof StorageError || err instanceof SettingError
    const where = databaseUrl === undefined ? dataDir : 'the database'
    const begin = isTold ? '' : `${name} of ${where}: `
    process.stderr.write(`talus-server: ${begin}${failureText(err)}\n`)
    return 1
  }
}
