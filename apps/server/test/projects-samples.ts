import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseTemplate, type Blueprint } from '@talus/graph'
import type { ProjectDocument } from '@talus/protocol'

export const TEMPLATES = fileURLToPath(new URL('../templates', import.meta.url))

export function blueprintIn(directory: string, template_id: string): Blueprint {
  const text = readFileSync(join(directory, `${template_id}.yaml`), 'utf8')
  const { blueprint, report } = parseTemplate(text, template_id)
  if (!blueprint) throw new Error(`${template_id}: ${JSON.stringify(report.errors)}`)
  return blueprint
}

export const FILM = blueprintIn(TEMPLATES, 'film-production')

/** The key under which files of the existing application keep a property. */
export function uuidOf(type_id: string, property_id: string): string {
  const uuid = FILM.typeOf(type_id)?.property(property_id)?.uuid
  if (uuid === undefined) throw new Error(`${type_id} has no property ${property_id}`)
  return uuid
}

export type Sample = { name: string; document: ProjectDocument; blueprint: Blueprint | null }

const FILM_NAME = uuidOf('film', 'name')
const SHOT_NAME = uuidOf('shot', 'name')

/** Keys that the contract does not list, which the types of a literal would refuse. */
function file(document: object): ProjectDocument {
  return document as ProjectDocument
}

/** A file as the existing application writes it: uuids as types and keys, names in three places. */
const application = file({
  graph: {
    id: 'default',
    nodes: [
      {
        id: 'f',
        name: 'Talus',
        type: FILM.typeOf('film')?.uuid,
        properties: { [FILM_NAME]: 'Talus', name: 'Talus', [uuidOf('film', 'budget')]: '3500' },
        children: ['s2', 's1'],
        metadata: { orphaned_properties: { estimated_cost: '3500' } },
        indicator_id: null,
        icon_id: 'film',
        schema_color: '#6366f1',
        allowed_children: ['x'],
      },
      { id: 's1', name: 'One', type: 'scene', properties: {}, children: [], metadata: {} },
      {
        id: 's2',
        type: 'scene',
        properties: { name: 'Two' },
        children: ['u', 'n'],
        metadata: {},
      },
      {
        id: 'u',
        type: 'shot',
        properties: { [SHOT_NAME]: 'Close-up' },
        children: [],
        metadata: {},
      },
      { id: 'n', type: 'shot', properties: { seconds: 3 }, children: [] },
    ],
    edges: [],
  },
  template_id: 'film-production',
  expanded_map: { f: true },
  blocking_relationships: [{ blockedNodeId: 's1', blockingNodeId: 's2' }],
  filter_sets: [],
})

/** What no application writes today, and what a person or an older version may have written. */
const odd = file({
  _comment: 'first',
  graph: {
    nodes: [
      { id: 'child', type: 'gone', properties: {}, children: [], metadata: null, _comment: 'c' },
      { id: 'bare', type: 'nothing' },
      { id: 'root', type: 'any', children: ['late', 'child'], created_at: '2024-05-01T10:00:00Z' },
      { id: 'late', type: 'any', properties: { name: 7, toString: 1 }, created_at: 'last May' },
      { id: 'empty', type: 'toString', name: '', properties: { name: null }, children: [] },
      { id: 'other', type: 'any', name: 'A', properties: { name: 'B' }, parent_id: 'x' },
    ],
    template_id: 'gone',
    layout: { constructor: 'kept' },
  },
  version: 2,
})

const shipped: Sample[] = [
  { name: 'a file of the application', document: application, blueprint: FILM },
  {
    name: 'a file of the application without its template',
    document: application,
    blueprint: null,
  },
  { name: 'an odd file', document: odd, blueprint: null },
  { name: 'an odd file on a template without its types', document: odd, blueprint: FILM },
  { name: 'an empty file', document: { graph: { nodes: [] } }, blueprint: null },
]

const given = process.env['TALUS_SHARED_DATA']
const shared = given ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
export const REAL_PROJECTS = join(shared, 'projects')
export const REAL_TEMPLATES = join(shared, 'templates')

/** The real projects, where they are at hand; the shipped ones hold the same peculiarities. */
function realSamples(): Sample[] {
  if (!existsSync(REAL_PROJECTS)) return []
  return readdirSync(REAL_PROJECTS).map((name) => {
    const document = JSON.parse(readFileSync(join(REAL_PROJECTS, name), 'utf8')) as ProjectDocument
    const template_id = document.template_id ?? document.graph.template_id ?? ''
    return { name, document, blueprint: blueprintIn(REAL_TEMPLATES, template_id) }
  })
}

export const SAMPLES: Sample[] = [...shipped, ...realSamples()]
