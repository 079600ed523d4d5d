import type { randomCommand } from '../random-command.js'

/** What a writer asks for. */
export type Call = 'undo' | 'redo' | ReturnType<typeof randomCommand>

type Executed = { seq: number | null; duplicate?: boolean }

/** As much of a session as calls need: that of the page is of the built package. */
type Callable = {
  undo(options: { commandId: string }): Promise<Executed>
  redo(options: { commandId: string }): Promise<Executed>
  execute(type: never, data: never, options: { commandId: string }): Promise<Executed>
}

/** Makes a call, or makes it again: under the same id it is executed once. */
export function make(session: Callable, commandId: string, call: Call): Promise<Executed> {
  if (call === 'undo') return session.undo({ commandId })
  if (call === 'redo') return session.redo({ commandId })
  return session.execute(call.command_type as never, call.data as never, { commandId })
}
