type Pressed = { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }

/** A cell of the table, counted from 0. */
export type Place = { row: number; column: number }

const PAGE = 20

/** The cell that a key moves to, in a grid with the given size; undefined: none. */
export function tableStep(
  { key, ctrlKey, metaKey, altKey }: Pressed,
  { row, column }: Place,
  [rows, columns]: [rows: number, columns: number],
): Place | undefined {
  if (altKey) return undefined
  const isFar = ctrlKey || metaKey
  const steps: Record<string, Place> = {
    ArrowUp: { row: isFar ? 0 : row - 1, column },
    ArrowDown: { row: isFar ? rows - 1 : row + 1, column },
    ArrowLeft: { row, column: isFar ? 0 : column - 1 },
    ArrowRight: { row, column: isFar ? columns - 1 : column + 1 },
    PageUp: { row: row - PAGE, column },
    PageDown: { row: row + PAGE, column },
    Home: { row: isFar ? 0 : row, column: 0 },
    End: { row: isFar ? rows - 1 : row, column: columns - 1 },
  }
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined
  if (!step) return undefined
  const within = (at: number, count: number) => Math.min(Math.max(at, 0), Math.max(count - 1, 0))
  return { row: within(step.row, rows), column: within(step.column, columns) }
}
