import { alignedTable } from '../aligned-table.js'
import { findingLine, type Findings } from './findings.js'

function sectionOf({ title, tables, list }: Findings): string {
  const parts = [...tables.map((rows) => alignedTable(rows, 1)), list.map(findingLine).join('\n')]
  return [`## ${title}`, ...parts.filter((part) => part !== '')].join('\n\n')
}

/** All parts as Markdown. */
export function sizeReport(findings: readonly Findings[]): string {
  return findings.map(sectionOf).join('\n\n')
}
