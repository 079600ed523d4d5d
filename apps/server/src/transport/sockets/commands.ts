import type { Dispatcher } from '../../gate/dispatcher.js'
import type { Caller } from '../../gate/caller.js'
import type { Handlers } from './requests.js'

/** Finds the caller of a payload, and completes the payload, e.g. with the handshake's session. */
export type Address = (payload: unknown) => Addressed | Promise<Addressed>

type Addressed = { caller: Caller; payload: unknown }

type CommandEvent = 'execute_command' | 'preview_command' | 'undo_command' | 'redo_command'

/** The command events, which both namespaces take alike. */
export function commandHandlers(dispatcher: Dispatcher, address: Address): Handlers<CommandEvent> {
  return {
    async execute_command(payload) {
      const addressed = await address(payload)
      return dispatcher.execute(addressed.caller, addressed.payload)
    },
    async preview_command(payload) {
      const addressed = await address(payload)
      return dispatcher.preview(addressed.caller, addressed.payload)
    },
    async undo_command(payload) {
      const addressed = await address(payload)
      return dispatcher.revert('undo', addressed.caller, addressed.payload)
    },
    async redo_command(payload) {
      const addressed = await address(payload)
      return dispatcher.revert('redo', addressed.caller, addressed.payload)
    },
  }
}
