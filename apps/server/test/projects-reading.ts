import type { Blueprint, RoleView } from '@talus/graph'
import {
  ok,
  type ImportWarning,
  type Node,
  type ProjectDocument,
  type Result,
} from '@talus/protocol'
import { ProjectReader } from '../src/projects/file-reader.js'
import { nameKeysOf, StoredEnvelope } from '../src/projects/file-envelope.js'
import { fileJson } from '../src/projects/file.js'

export type ImportedProject = {
  nodes: Node[]
  envelope: string
  warnings: readonly ImportWarning[]
}

/** A project file as the thread that reads it gives it, in one go. */
export function importDocument(
  document: ProjectDocument,
  blueprint: Blueprint | null,
  now: string,
): Result<ImportedProject> {
  return importText(JSON.stringify(document), blueprint, now)
}

/** The same for a file as it is on disk. */
export function importText(
  text: string,
  blueprint: Blueprint | null,
  now: string,
): Result<ImportedProject> {
  const reader = new ProjectReader({ values: Infinity, depth: 100, graph: {} })
  const read = reader.read(Buffer.from(text))
  if (!read.ok) return read
  const name_keys = nameKeysOf(blueprint)
  const prepared = reader.prepare({ template_id: undefined, name_keys, now })
  if (!prepared.ok) return prepared
  const nodes: Node[] = []
  for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
    nodes.push(...(JSON.parse(piece) as Node[]))
  }
  return ok({ nodes, envelope: reader.envelope(), warnings: reader.warnings.list })
}

/** The file that nodes and a stored envelope make. */
export function exportDocument(
  envelope: string,
  nodes: readonly Node[],
  view: RoleView | null = null,
): ProjectDocument {
  return JSON.parse(exportText(envelope, nodes, view)) as ProjectDocument
}

/** The same as it is on disk. */
export function exportText(
  envelope: string,
  nodes: readonly Node[],
  view: RoleView | null = null,
): string {
  return [...fileJson(new StoredEnvelope(envelope), nodes, view)].join('')
}
