import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '@talus/protocol'
import { describeIssue, parseTemplate } from '../src/index.js'
import { filmBlueprint } from './session.js'
import { filmTemplate, isReal, projectFiles, templateFiles } from './shared-data.js'

const valid = templateFiles.filter((file) => !file.name.startsWith('broken'))

describe('templates on disk', () => {
  test.each(valid)('[TREE2] $name loads as it is', ({ name, text }) => {
    const { report, blueprint } = parseTemplate(text, name)
    expect(report.errors).toEqual([])
    expect(blueprint?.types.length).toBeGreaterThan(0)
    expect(blueprint?.rootType()).toBeDefined()
    for (const type of blueprint?.types ?? []) {
      expect(blueprint?.typeOf(type.uuid)).toBe(type)
      for (const property of type.properties) expect(type.property(property.uuid)).toBe(property)
    }
  })

  test('[TREE2] the broken template is rejected by type, property and reason', () => {
    const broken = templateFiles.find((file) => file.name.startsWith('broken'))
    const { report, blueprint } = parseTemplate(broken?.text ?? '', 'broken')
    expect(blueprint).toBeNull()
    expect(report).toMatchObject({
      valid: false,
      errors: [{ path: '/node_types/0/properties/0/options' }],
    })
    expect(report.errors.map(describeIssue)).toEqual([
      "node type 'test_node', property 'status': a select property needs options",
    ])
  })

  // The shipped template has uuids of its own; below it proves how missing ones are derived.
  test.runIf(isReal).each(valid)(
    '[TREE2] the uuids that $name declares are the derived ones',
    ({ text, name }) => {
      const declared = parseTemplate(text, name).blueprint
      const types = (declared?.document['node_types'] ?? []) as JsonObject[]
      const stripped = types.map((type) => ({
        ...type,
        uuid: null,
        properties: (type['properties'] as JsonObject[]).map((each) => ({ ...each, uuid: null })),
      }))
      const derived = parseTemplate({ node_types: stripped }, name).blueprint
      expect(derived?.document['node_types']).toEqual(types)
      expect(derived?.types.map((type) => type.id)).toEqual(declared?.types.map((type) => type.id))
    },
  )

  test.each(projectFiles)(
    '[TREE2] values in $name pass the check of their template',
    ({ text }) => {
      type FileNode = { type: string; properties: Record<string, JsonValue> }
      const file = JSON.parse(text) as {
        template_id?: string
        graph: { template_id?: string; nodes: FileNode[] }
      }
      const template_id = file.template_id ?? file.graph.template_id ?? ''
      const template = templateFiles.find((each) => each.name === `${template_id}.yaml`)
      const blueprint = parseTemplate(template?.text ?? '', template_id).blueprint
      const refused = file.graph.nodes.flatMap((node) =>
        Object.entries(node.properties).flatMap(([key, value]) => {
          const property = blueprint?.typeOf(node.type)?.property(key)
          const expected = property && blueprint?.checkValue(property, value)
          return expected && value !== '' ? [{ type: property.type, value, expected }] : []
        }),
      )
      expect(blueprint).not.toBeNull()
      // People typed dates as they liked; those stay until somebody edits them.
      expect(refused.filter(({ type }) => type !== 'date')).toEqual([])
    },
  )
})

describe('blueprint', () => {
  const blueprint = filmBlueprint()

  test('[TREE2] derives missing uuids as the existing application does', () => {
    expect(blueprint.typeOf('scene')?.uuid).toBe('601aa11a-6dd0-f620-29df-cdddffa83707')
    expect(blueprint.typeOf('scene')?.property('status')?.uuid).toBe(
      '6db11cbb-dd58-1bb0-27d8-4f9f94f61181',
    )
    expect(blueprint.typeOf('film')?.uuid).toBe('11111111-aaaa-4bbb-8ccc-222222222222')
  })

  test('[TREE2] keeps keys it does not know, and fills in uuids', () => {
    expect(blueprint.toJSON()['blocking_view']).toEqual({ node_size: { base_width: 160 } })
    const [scene = {}] = blueprint.document['node_types'] as JsonObject[]
    expect(scene['uuid']).toBe(blueprint.typeOf('scene')?.uuid)
    expect((scene['properties'] as JsonObject[])[3]).toMatchObject({ ui_group: 'Timing' })
  })

  test('[TREE2] knows allowed children by id and uuid', () => {
    const person = '33333333-aaaa-4bbb-8ccc-444444444444'
    expect(blueprint.allowsChild('film', 'person')).toBe(true)
    expect(blueprint.allowsChild('film', person)).toBe(true)
    expect(blueprint.allowsChild('11111111-aaaa-4bbb-8ccc-222222222222', 'scene')).toBe(true)
    expect(blueprint.allowsChild('film', 'shot')).toBe(false)
    expect(blueprint.allowsChild('shot', 'note')).toBe(false)
    expect(blueprint.allowsChild('nothing', 'note')).toBe(false)
    expect(blueprint.allowedChildren('film').map((type) => type.id)).toEqual(['scene', 'person'])
  })

  test.each([
    [
      'is_root',
      [
        { id: 'a', allowed_children: ['b'] },
        { id: 'b', features: ['is_root'] },
      ],
      'b',
    ],
    ['nobody is its parent', [{ id: 'a' }, { id: 'b', allowed_children: ['a'] }], 'b'],
    ['the first', [{ id: 'a', allowed_children: ['a'] }], 'a'],
    ['none', [], undefined],
  ])('[TREE2] root type: %s', (_, node_types, root) => {
    expect(parseTemplate({ node_types }, 't').blueprint?.rootType()?.id).toBe(root)
  })

  const accepted: [string, JsonValue[]][] = [
    ['script', ['', 'long text']],
    ['tag', ['', 'x']],
    ['lead', ['p1', '', ['p1', 'p2'], []]],
    ['length', [0, -1.5, '', '3500', '3.5', '-2e3', null]],
    ['cost', [12, '12']],
    [
      'day',
      [
        '',
        '2026-01-28',
        '2026-01-28T15:30:00Z',
        '2024-02-29',
        '2026-01-28T15:30:00.123+02:00',
        null,
      ],
    ],
    ['locked', [true, false, 'true', 'false', 'True', '', null]],
    ['status', ['s-todo', 'To do', 'Done', '', null]],
    ['mood', ['Tense']],
    ['cast', ['p1', ['p1', 'p2'], []]],
    ['plan', [{}, [], { a: 1 }]],
    ['palette', [1, 'x', { deep: [null] }]],
  ]
  const refused: [string, JsonValue[]][] = [
    ['script', [5, true, {}]],
    ['length', ['12 apples', true, [], ' ', 'Infinity']],
    ['day', ['tomorrow', '2026-02-31', '2026-13-01', 20260128, '28.01.2026']],
    ['locked', ['yes', 1, 'truely', []]],
    ['status', ['s-other', 7, ['s-todo']]],
    ['cast', [5, { id: 'p1' }, ['p1', 2]]],
    ['plan', ['{}', 4]],
    ['lead', [1, ['p1', 2], {}]],
    ['name', ['', null]],
  ]
  const scene = blueprint.typeOf('scene')
  const expected = (id: string, value: JsonValue) => {
    const property = scene?.property(id)
    return property && blueprint.checkValue(property, value)
  }

  test.each(accepted)('[TREE2] %s accepts its values', (id, values) => {
    for (const value of values) expect([value, expected(id, value)]).toEqual([value, undefined])
  })

  test.each(refused)('[TREE2] %s refuses other values', (id, values) => {
    for (const value of values)
      expect([value, typeof expected(id, value)]).toEqual([value, 'string'])
  })

  test('[TREE2] plain values are options, numbers too', () => {
    const take = blueprint.typeOf('shot')?.property('take')
    expect(take?.options.map((option) => option.id)).toEqual(['1', '2', '3'])
    expect(take && blueprint.checkValue(take, 2)).toBeUndefined()
    expect(take && blueprint.checkValue(take, '2')).toBeUndefined()
  })
})

describe('what a template may not be', () => {
  const property = (...properties: JsonObject[]) => ({ node_types: [{ id: 'a', properties }] })
  test.each<[string, JsonObject | string, string]>([
    ['no node_types', {}, "'node_types' is missing"],
    ['node_types is no list', { node_types: {} }, "'node_types' is missing or is not a list"],
    ['type without id', { node_types: [{ label: 'A' }] }, 'the id is missing'],
    ['type with a numeric id', { node_types: [{ id: 5 }] }, 'the id is not a text'],
    ['type is no object', { node_types: ['a'] }, 'the id is missing'],
    [
      'type id twice',
      { node_types: [{ id: 'a' }, { id: 'a' }] },
      "node type 'a': the id 'a' is used twice",
    ],
    [
      'uuid of another',
      {
        node_types: [
          { id: 'a', uuid: 'u' },
          { id: 'b', uuid: 'u' },
        ],
      },
      "the uuid 'u' is used",
    ],
    ['forbidden id', { node_types: [{ id: '__proto__' }] }, 'cannot be used'],
    ['property without id', property({ type: 'text' }), "node type 'a': the id is missing"],
    ['property without type', property({ id: 'p' }), "property 'p': the type is missing"],
    [
      'property id twice',
      property({ id: 'p', type: 'text' }, { id: 'p', type: 'text' }),
      'used twice',
    ],
    ['select without options', property({ id: 'p', type: 'select' }), 'needs options'],
    ['option without name', property({ id: 'p', type: 'select', options: [{}] }), 'id or a name'],
    [
      'properties is no list',
      { node_types: [{ id: 'a', properties: {} }] },
      "'properties' is not a list",
    ],
    ['a list', '- a', 'not an object'],
    ['nothing', '', 'not an object'],
    ['broken YAML', 'node_types: [', 'not valid YAML'],
    ['duplicate keys', 'node_types: []\nnode_types: []', 'not valid YAML'],
    ['two documents', 'node_types: []\n---\nnode_types: []', 'not valid YAML'],
    ['a custom tag', 'node_types: !!python/object:os.system []', 'not valid YAML'],
    ['a forbidden key', 'node_types: []\nx: { __proto__: { a: 1 } }', '__proto__'],
    ['a number that is none', 'node_types: []\nx: .inf', 'JSON value'],
    ['itself', 'node_types: []\nx: &a [*a]', ''],
  ])('[TREE2] %s', (_, source, reason) => {
    const { report, blueprint } = parseTemplate(source, 't')
    expect(blueprint).toBeNull()
    expect(report.valid).toBe(false)
    expect(report.errors.map(describeIssue).join('\n')).toContain(reason)
  })

  test('[TREE2] aliases are bounded', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]', 'node_types: []']
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe'].map((pair) => pair.split(''))) {
      lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(', ')}]`)
    }
    expect(parseTemplate(lines.join('\n'), 't').blueprint).toBeNull()
  })

  test('[TREE2] merge keys and the booleans of YAML 1.1 are read as the Flask backend reads them', () => {
    const source = [
      'base: &base { label: Base, type: text, required: yes }',
      'size: &size { <<: *base, type: number }',
      'node_types:',
      '  - id: a',
      '    properties:',
      '      - { <<: *base, id: p }',
      '      - { id: q, label: Own, <<: [*size, *base] }',
      '      - { <<: [*base, { type: date }], id: r, required: Off }',
    ]
    const { report, blueprint } = parseTemplate(source.join('\n'), 't')
    expect(report.errors).toEqual([])
    const properties = blueprint?.typeOf('a')?.properties ?? []
    expect(properties.map(({ id, label, type, required }) => [id, label, type, required])).toEqual([
      ['p', 'Base', 'text', true],
      ['q', 'Own', 'number', true],
      ['r', 'Base', 'text', false],
    ])
    const { report: wrong } = parseTemplate('node_types: [{ id: a, <<: b }]', 't')
    expect(wrong.errors.map(describeIssue)).toEqual([
      'The template cannot be read: a merge key (<<) needs a map or a list of maps',
    ])
  })

  test('[TREE2] deep nesting is a finding, not a crash', () => {
    expect(parseTemplate(`node_types: ${'['.repeat(20_000)}`, 't').blueprint).toBeNull()
  })

  test('[TREE2] unknown names are warnings', () => {
    const type = {
      id: 'a',
      allowed_children: ['ghost'],
      properties: [
        { id: 'p', type: 'hologram' },
        { id: 'q', type: 'select', options: ['x'], value: 'y' },
      ],
    }
    const { report, blueprint } = parseTemplate({ node_types: [type] }, 't')
    expect(blueprint).not.toBeNull()
    expect(report.warnings.map(describeIssue)).toEqual([
      "node type 'a', property 'p': the property type 'hologram' is not known; any value is accepted",
      "node type 'a', property 'q': the value is not one of the options",
      "node type 'a': there is no node type 'ghost'",
    ])
  })

  test('a template is read from its text only', () => {
    expect(parseTemplate(filmTemplate, 'film').blueprint?.template_id).toBe('film')
  })
})
