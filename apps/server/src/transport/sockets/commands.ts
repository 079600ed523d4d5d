import type { Dispatcher } from '../../dispatch/dispatcher.js'
import type { Caller } from '../../gate/caller.js'
import type { Handlers } from './requests.js'

/** Finds the caller of a payload, and completes the payload, e.g. with the handshake's session. */
export type Address = (payload: unknown) => { caller: Caller; payload: unknown }

type CommandEvent = 'execute_command' | 'preview_command' | 'undo_command' | 'redo_command'

/** The command events, which both namespaces take alike. */
export function commandHandlers(dispatcher: Dispatcher, address: Address): Handlers<CommandEvent> {
  return {
    execute_command(payload) {
      const addressed = address(payload)
      return dispatcher.execute(addressed.caller, addressed.payload)
    },
    preview_command(payload) {
      const addressed = address(payload)
      return dispatcher.preview(addressed.caller, addressed.payload)
    },
    undo_command(payload) {
      const addressed = address(payload)
      return dispatcher.revert('undo', addressed.caller, addressed.payload)
    },
    redo_command(payload) {
      const addressed = address(payload)
      return dispatcher.revert('redo', addressed.caller, addressed.payload)
    },
  }
}
