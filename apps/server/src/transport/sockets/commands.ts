import type { Commands } from '../../gate/dispatcher.js'
import type { Caller } from '../../gate/caller.js'
import type { Handlers } from './requests.js'

/** Finds the caller of a payload, and completes the payload, e.g. with the handshake's session. */
export type Address = (payload: unknown) => Addressed | Promise<Addressed>

export type Addressed = { caller: Caller; payload: unknown }

/** The payload with its caller, at once when the caller is known. */
export function addressedBy(
  caller: Caller | Promise<Caller>,
  payload: unknown,
): Addressed | Promise<Addressed> {
  return caller instanceof Promise
    ? caller.then((known) => ({ caller: known, payload }))
    : { caller, payload }
}

type CommandEvent = 'execute_command' | 'preview_command' | 'undo_command' | 'redo_command'

/** The command events, which both namespaces take alike. */
export function commandHandlers(dispatcher: Commands, address: Address): Handlers<CommandEvent> {
  const addressed = <T>(payload: unknown, work: (addressed: Addressed) => T | Promise<T>) => {
    const found = address(payload)
    return found instanceof Promise ? found.then(work) : work(found)
  }
  return {
    execute_command: (sent) =>
      addressed(sent, ({ caller, payload }) => dispatcher.execute(caller, payload)),
    preview_command: (sent) =>
      addressed(sent, ({ caller, payload }) => dispatcher.preview(caller, payload)),
    undo_command: (sent) =>
      addressed(sent, ({ caller, payload }) => dispatcher.revert('undo', caller, payload)),
    redo_command: (sent) =>
      addressed(sent, ({ caller, payload }) => dispatcher.revert('redo', caller, payload)),
  }
}
