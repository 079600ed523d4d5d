import type { ProjectDocument } from '@talus/protocol'

/**
 * What a project file says beside its nodes, and how it wrote what the graph does not keep. With
 * the nodes of the graph it gives the file again.
 */
export type Envelope = {
  /** The file with an empty list of nodes. */
  document: ProjectDocument
  /** Node ids in the order of the file's list. */
  order: string[]
  /** Nodes that the file wrote without `children`. */
  childless: string[]
  /** Nodes that the file wrote without `properties`. */
  bare: string[]
  /** By node type as the file names it: the uuid of its `name` property. */
  name_keys: Record<string, string>
}

/** The envelope of a project that was never a file: with the keys that the application expects. */
export function newEnvelope(template_id: string): Envelope {
  const views = { expanded_map: {}, blocking_relationships: [], filter_sets: [] }
  const graph = { id: 'default', nodes: [], edges: [] }
  return {
    document: { graph, template_id, ...views },
    order: [],
    childless: [],
    bare: [],
    name_keys: {},
  }
}
