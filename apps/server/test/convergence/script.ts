import type { UndoRequest } from '@talus/protocol'

/** What somebody asks the server to do. `restore`, `load` and `save` go through REST only. */
export type Request =
  | { verb: 'execute'; command_id?: string; command_type: string; data: unknown; label?: string }
  | ({ verb: 'undo' | 'redo' } & UndoRequest)
  | { verb: 'restore'; command_id?: string; seq: number; label?: string }
  | { verb: 'load' }
  | { verb: 'save' }

/** How somebody takes part: by one of the streams and namespaces, or by REST without listening. */
export type Stream = 'changes' | 'events' | 'graph' | 'rest'

export type Member = {
  stream: Stream
  /** Who nobody names is one of the anonymous. */
  actor: string | undefined
  transports: ('polling' | 'websocket')[]
  /** Cut off: without a goodbye, as when a cable is pulled. */
  rude: boolean
}

/** One thing that happens. `who` is a place in the cast. */
export type Step =
  /** `next`: waits for the answer, goes on at once, or is cut off right after sending. */
  | { do: 'send'; who: number; request: Request; next: 'wait' | 'go on' | 'cut' }
  | { do: 'cut'; who: number }
  /** Connects and joins again; is cut off so many turns after it began, if that is given. */
  | { do: 'return'; who: number; cutAfter: number | undefined }
  /** The next frame to this member is lost on its way. */
  | { do: 'lose'; who: number }
  | { do: 'pause'; turns: number }
  /** The server stops and starts again; everybody is cut off by that. */
  | { do: 'restart'; signal: 'SIGTERM' | 'SIGKILL' }
  /** Everybody leaves, and the session leaves the server's memory. */
  | { do: 'idle' }
  /** Everybody comes back, everything is answered, all is compared. */
  | { do: 'meet' }

/** Everything that one seed decides. */
export type Script = {
  seed: number
  /** `process`: a server of its own that can be killed. */
  house: 'process' | 'inside'
  durability: 'full' | 'normal'
  /** Whether the session belongs to a project, with the rules of its template. */
  owned: boolean
  cast: Member[]
  steps: Step[]
}
