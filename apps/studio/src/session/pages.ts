import { ListTree } from 'lucide-react'

/** The pages of a session, in the order of its navigation. */
export const PAGES = [{ to: '/s/$sessionId', label: 'Work', Icon: ListTree }] as const
