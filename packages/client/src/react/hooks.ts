import type {
  AckSuccess,
  CommandData,
  CommandResult,
  CommandType,
  PresenceState,
  Role,
} from '@talus/protocol'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { GraphNode } from '../graph/session-graph.js'
import type { Other, Participant } from '../presence.js'
import type { SessionEvents, SessionStatus } from '../session-events.js'
import type { CommandOptions, Executed, UndoOptions } from '../session.js'
import { useSession } from './session-provider.js'

type Stop = () => void

/** Reads something of which the same value comes as long as it is the same. */
function useStore<Value>(subscribe: (onChange: () => void) => Stop, read: () => Value): Value {
  return useSyncExternalStore(subscribe, read, read)
}

/** Reads something that changes with an event of the session. */
function useEventStore<Value>(name: keyof SessionEvents, read: () => Value): Value {
  const session = useSession()
  const subscribe = useCallback(
    (onChange: () => void) => session.on(name, onChange),
    [session, name],
  )
  return useStore(subscribe, read)
}

/** A node, or undefined while there is none with this id. Renders when the node differs. */
export function useNode(id: string): GraphNode | undefined
/**
 * What `select` makes of a node: renders only when that is another value. It is called for every
 * new state of the node; let it return a part of the node rather than something new.
 */
export function useNode<Part>(id: string, select: (node: GraphNode | undefined) => Part): Part
export function useNode<Part>(
  id: string,
  select?: (node: GraphNode | undefined) => Part,
): Part | GraphNode | undefined {
  const { graph } = useSession()
  const subscribe = useCallback(
    (onChange: () => void) => graph.subscribeNode(id, onChange),
    [graph, id],
  )
  const read = useMemo(() => {
    let last: { node: GraphNode | undefined; part: Part | GraphNode | undefined } | undefined
    return () => {
      const node = graph.node(id)
      // What is made anew at every reading would make React render for ever.
      if (!last || last.node !== node) last = { node, part: select ? select(node) : node }
      return last.part
    }
  }, [graph, id, select])
  return useStore(subscribe, read)
}

/** The ids of a node's children, for null the roots. Renders when they or their order differ. */
export function useChildren(id: string | null): readonly string[] {
  const { graph } = useSession()
  const subscribe = useCallback(
    (onChange: () => void) => graph.subscribeChildren(id, onChange),
    [graph, id],
  )
  return useStore(subscribe, () => graph.children(id))
}

/** Executes commands of one type. The same function as long as the session is the same. */
export function useCommand<Type extends CommandType>(
  type: Type,
): (data: CommandData<Type>, options?: CommandOptions) => Promise<Executed<CommandResult<Type>>> {
  const session = useSession()
  return useCallback((data, options) => session.execute(type, data, options), [session, type])
}

/** What `useUndo` gives: its functions are the same as long as the session is the same. */
export type Undo = {
  /** Whether there is a step of this actor to undo. */
  canUndo: boolean
  /** Whether there is a step of this actor to redo. */
  canRedo: boolean
  /** `session.undo`. */
  undo: (options?: UndoOptions) => Promise<AckSuccess>
  /** `session.redo`. */
  redo: (options?: UndoOptions) => Promise<AckSuccess>
}

/** Undo and redo of this actor's steps. Renders when `canUndo` or `canRedo` differs. */
export function useUndo(): Undo {
  const session = useSession()
  const canUndo = useEventStore('undo', () => session.canUndo)
  const canRedo = useEventStore('undo', () => session.canRedo)
  const undo = useCallback((options?: UndoOptions) => session.undo(options), [session])
  const redo = useCallback((options?: UndoOptions) => session.redo(options), [session])
  return useMemo(() => ({ canUndo, canRedo, undo, redo }), [canUndo, canRedo, undo, redo])
}

/** What `usePresence` gives: its functions are the same as long as the session is the same. */
export type PresenceOfAll = {
  /** Where the others are. */
  others: readonly Other[]
  /** Says something of this client; fields that are not given stay, the same again is not sent. */
  update: (state: PresenceState) => void
  /** Takes back everything that was said. */
  clear: () => void
}

/**
 * Where the others are, and how to say where this client is. Renders when others come, go or move;
 * who only says something uses `useSession().presence`.
 */
export function usePresence(): PresenceOfAll {
  const session = useSession()
  const others = useEventStore('others', () => session.others)
  const update = useCallback((state: PresenceState) => session.presence.update(state), [session])
  const clear = useCallback(() => session.presence.clear(), [session])
  return useMemo(() => ({ others, update, clear }), [others, update, clear])
}

/** Who is in the session, this client included. Renders when somebody comes or goes. */
export function useParticipants(): readonly Participant[] {
  const session = useSession()
  return useEventStore('participants', () => session.participants)
}

/** What this client may do now; undefined: nothing. Renders when that differs. */
export function useRole(): Role | undefined {
  const session = useSession()
  return useEventStore('role', () => session.role)
}

/** How the session stands with the server. */
export function useStatus(): SessionStatus {
  const session = useSession()
  return useEventStore('status', () => session.status)
}

/** How many commands are not answered yet. */
export function usePending(): number {
  const session = useSession()
  return useEventStore('pending', () => session.pending)
}
