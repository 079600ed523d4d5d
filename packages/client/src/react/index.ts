'use client'

export {
  useChildren,
  useCommand,
  useNode,
  useParticipants,
  usePending,
  usePresence,
  useRole,
  useStatus,
  useUndo,
} from './hooks.js'
export type { PresenceOfAll, Undo } from './hooks.js'
export { SessionProvider, useSession } from './session-provider.js'
export type { SessionProviderProps } from './session-provider.js'
