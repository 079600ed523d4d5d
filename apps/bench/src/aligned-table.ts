/**
 * A Markdown table, aligned for the terminal as well; the first row is the head, the first `left`
 * columns hold words, the others figures.
 */
export function alignedTable(rows: readonly (readonly string[])[], left: number): string {
  const [head = []] = rows
  // A column of a Markdown table is at least three wide.
  const widths = head.map((_, i) => Math.max(3, ...rows.map((cells) => cells[i]?.length ?? 0)))
  const lines = rows.map((cells) =>
    cells.map((cell, i) =>
      i < left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    ),
  )
  const rule = widths.map((width, i) =>
    i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  lines.splice(1, 0, rule)
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
