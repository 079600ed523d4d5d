import type { Blueprint, RoleView } from '@talus/graph'
import { ok, type Node, type ProjectDocument, type Result } from '@talus/protocol'
import { ProjectReader } from '../src/parsing/project-reader.js'
import { nameKeysOf } from '../src/projects/document-template.js'
import { StoredEnvelope } from '../src/projects/project-envelope.js'
import { fileJson } from '../src/projects/project-file.js'

export type ImportedProject = { nodes: Node[]; envelope: string }

/** A project file as the thread that reads it gives it, in one go. */
export function importDocument(
  document: ProjectDocument,
  blueprint: Blueprint | null,
  now: string,
): Result<ImportedProject> {
  const reader = new ProjectReader({ values: Infinity, depth: 100, graph: {} })
  const read = reader.read(Buffer.from(JSON.stringify(document)))
  if (!read.ok) return read
  const name_keys = nameKeysOf(blueprint)
  const prepared = reader.prepare({ template_id: undefined, name_keys, now })
  if (!prepared.ok) return prepared
  const nodes: Node[] = []
  for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
    nodes.push(...(JSON.parse(piece) as Node[]))
  }
  return ok({ nodes, envelope: reader.envelope() })
}

/** The file that nodes and a stored envelope make. */
export function exportDocument(
  envelope: string,
  nodes: readonly Node[],
  view: RoleView | null = null,
): ProjectDocument {
  const text = [...fileJson(new StoredEnvelope(envelope), nodes, view)].join('')
  return JSON.parse(text) as ProjectDocument
}
