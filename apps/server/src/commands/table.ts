import { UNPRINTABLE } from '../observability/printable.js'

/** Lines with columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(printable))
  const widths = head.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  )
  const text = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return lines.map((cells) => `${text(cells).trimEnd()}\n`).join('')
}

/** Names of projects are anybody's text: a terminal must not obey it. */
function printable(cell: string): string {
  return cell.replaceAll(UNPRINTABLE, '?')
}
