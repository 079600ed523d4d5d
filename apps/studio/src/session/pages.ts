import { Activity, History, ListTree, Users } from 'lucide-react'

/** The pages of a session, in the order of its navigation. */
export const PAGES = [
  { to: '/s/$sessionId', label: 'Work', Icon: ListTree },
  { to: '/s/$sessionId/history', label: 'History', Icon: History },
  { to: '/s/$sessionId/log', label: 'Events', Icon: Activity },
  { to: '/s/$sessionId/members', label: 'Members', Icon: Users },
] as const
