import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

const TASKSET = 'taskset'
const SERVER_CORE = '0'
const GENERATOR_CORE = '1'

function hasTaskset(): boolean {
  return cpus().length > 1 && spawnSync(TASKSET, ['--version']).status === 0
}

/** Whether server and generator can have a core each; without, they disturb one another. */
export const canPin = hasTaskset()

/** The command that runs Node with these arguments on the server's core. */
export function onServerCore(args: string[]): [command: string, args: string[]] {
  if (!canPin) return [process.execPath, args]
  return [TASKSET, ['-c', SERVER_CORE, process.execPath, ...args]]
}

/** Moves this process, with all its threads, to the generator's core. */
export function pinGenerator(): void {
  if (canPin) spawnSync(TASKSET, ['-acp', GENERATOR_CORE, String(process.pid)])
}
