import { StorageError } from '../errors.js'
import { backup, restore } from './backup.js'
import { type Command, failureText, readValues } from './command.js'
import { inspect } from './inspect.js'
import { verify } from './verify.js'

const COMMANDS: readonly Command[] = [inspect, verify, backup, restore]

/** What `--help` says of the commands. */
export function commandHelp(): string {
  return COMMANDS.flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]).join('\n')
}

export function findCommand(name: string | undefined): Command | undefined {
  return COMMANDS.find((command) => command.name === name)
}

/** Runs a command and gives the exit code: 0 fine, 1 something is wrong, 2 wrong arguments. */
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
  const dataDir = String(values.value['data-dir'] ?? env.TALUS_DATA_DIR ?? './data')
  try {
    return await command.run(dataDir, values.value)
  } catch (err) {
    const place = err instanceof StorageError ? '' : `${command.name} of ${dataDir}: `
    process.stderr.write(`talus-server: ${place}${failureText(err)}\n`)
    return 1
  }
}
