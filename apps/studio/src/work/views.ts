/** How the nodes of a session are shown. */
export const VIEWS = ['tree', 'table', 'board'] as const
export type View = (typeof VIEWS)[number]
