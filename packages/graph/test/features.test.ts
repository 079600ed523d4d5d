import type { JsonObject } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { affordances, parseTemplate } from '../src/index.js'
import { ended } from './ended.js'
import { Session } from './session.js'
import { isReal, templateFiles } from './shared-data.js'

function parsed(...node_types: JsonObject[]) {
  const { blueprint, report } = parseTemplate({ node_types }, 't')
  if (!blueprint) throw new Error(JSON.stringify(report))
  return blueprint
}

const idsOf = (type: JsonObject) =>
  parsed(type)
    .typeOf(type['id'] as string)
    ?.properties.map(({ id }) => id) ?? []

describe('[TREE7] features of a node type', () => {
  test('add their properties behind those of the type', () => {
    const properties = [{ id: 'name', type: 'text' }]
    expect(idsOf({ id: 'a', properties })).toEqual(['name'])
    expect(idsOf({ id: 'a', properties, features: ['budgeting', 'is_root', 7] })).toEqual([
      'name',
      'estimated_cost',
      'actual_cost',
    ])
    expect(idsOf({ id: 'a', features: ['scheduling'] })).toEqual([
      'start_date',
      'end_date',
      'assigned_to',
      'estimated_hours',
      'actual_hours',
      'allocations',
      'status',
    ])
    expect(idsOf({ id: 'a', features: ['is_person', 'is_person'] })).toHaveLength(24)
  })

  test('leave a property of the template alone that has the same id', () => {
    const status = { id: 'status', label: 'Mine', type: 'text' }
    const type = parsed({ id: 'a', features: ['scheduling'], properties: [status] }).typeOf('a')
    expect(type?.property('status')).toMatchObject({ label: 'Mine', type: 'text' })
    const added = type?.property('_feat_scheduling_status')
    expect(added).toMatchObject({ type: 'select', value: 'To Do' })
    expect(added?.options.map(({ name }) => name)).toEqual(['To Do', 'In Progress', 'Done'])
  })

  test('complete what a saved template declares itself, and add nothing twice', () => {
    const status = {
      id: 'status',
      label: 'Mine',
      type: 'select',
      system_locked: true,
      value: 'Done',
    }
    const options = [{ id: 'd', name: 'Done' }]
    const properties = [
      { ...status, options },
      { id: 'actual_hours', type: 'number', system_locked: true },
    ]
    const once = parsed({ id: 'a', features: ['scheduling'], properties })
    const type = once.typeOf('a')
    expect(type?.properties).toHaveLength(7)
    expect(type?.property('status')).toMatchObject({
      label: 'Mine',
      value: 'Done',
      options: [{ id: 'd' }],
    })
    expect(type?.property('actual_hours')).toMatchObject({ label: 'Actual Hours', value: 0 })
    const twice = parseTemplate(once.toJSON(), 't').blueprint
    expect(twice?.document).toEqual(once.document)
  })

  test('are uuids as all others, and values of new nodes', () => {
    const type = parsed({ id: 'episode', features: ['scheduling'] }).typeOf('episode')
    // As real templates and project files have it.
    expect(type?.property('allocations')?.uuid).toBe('0be32bfa-1a1f-b648-2fc9-a5ec1e6db36d')
    const session = new Session(parsed({ id: 'a', features: ['budgeting', 'scheduling'] }))
    session.create('ann', 'n', null, { blueprint_type_id: 'a', properties: { actual_cost: '3' } })
    expect(session.graph.record('n')?.properties).toEqual({
      actual_cost: '3',
      estimated_hours: 0,
      actual_hours: 0,
      allocations: {},
      status: 'To Do',
    })
  })

  test.runIf(isReal)('have the names that real templates declare', () => {
    for (const { name, text } of templateFiles) {
      const { blueprint } = parseTemplate(text, name)
      for (const type of blueprint?.types ?? []) {
        const ids = type.properties.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
      }
    }
    const text = templateFiles.find(({ name }) => name === 'budget_smoke_test.yaml')?.text ?? ''
    const person = parseTemplate(text, 'b').blueprint?.typeOf('person')
    expect(person?.properties).toHaveLength(3 + 24)
  })
})

describe('[TREE6] required properties without a value', () => {
  const blueprint = parsed({
    id: 'album',
    properties: [
      { id: 'name', type: 'text', required: true },
      { id: 'title', type: 'text', required: true },
      { id: 'artist', type: 'text', required: true },
      { id: 'copies', type: 'number', required: true, value: 1 },
    ],
  })

  function missing(session: Session) {
    const steps = affordances(session.graph, 'n', { blueprint })
    return steps && ended(steps).missing_properties
  }

  test('are listed until they are set', () => {
    const session = new Session(blueprint)
    session.create('ann', 'n', null, { blueprint_type_id: 'album', name: 'x' })
    expect(session.graph.record('n')?.properties).toEqual({ copies: 1 })
    expect(missing(session)).toEqual(['title', 'artist'])
    const set = (property_id: string, new_value: string) =>
      session.do('ann', 'UpdateProperty', { node_id: 'n', property_id, new_value })
    set('title', 'One')
    expect(missing(session)).toEqual(['artist'])
    set(blueprint.typeOf('album')?.property('artist')?.uuid ?? '', 'Ann')
    expect(missing(session)).toEqual([])
  })
})
