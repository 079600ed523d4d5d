import { expect, test } from 'vitest'
import { misfits, parseTemplate } from '../src/index.js'

test('[TREE2] what a template would not allow is named, node by node, with the reason', () => {
  const { blueprint } = parseTemplate(
    {
      node_types: [
        { id: 'film', allowed_children: ['scene'] },
        { id: 'scene', properties: [{ id: 'pages', type: 'number', uuid: 'pages-uuid' }] },
      ],
    },
    'film',
  )
  if (!blueprint) throw new Error('The template is valid')
  const node = (id: string, blueprint_type_id: string, parent_id: string | null, more = {}) => ({
    id,
    blueprint_type_id,
    parent_id,
    properties: { name: id, ...more },
  })
  const found = misfits(
    [
      node('root', 'film', null),
      node('fits', 'scene', 'root', { 'pages-uuid': '12' }),
      node('deep', 'scene', 'fits', { pages: 'many', mood: 'calm' }),
      node('gone', 'shot', 'root'),
      node('below', 'scene', 'gone'),
    ],
    blueprint,
  )
  expect([...found]).toEqual([
    { node_id: 'deep', reason: "'scene' is not allowed below 'scene'" },
    {
      node_id: 'deep',
      property_id: 'pages',
      reason: "'pages' is not accepted: expected a number, a numeric string or an empty string",
    },
    { node_id: 'deep', property_id: 'mood', reason: "'scene' has no property 'mood'" },
    { node_id: 'gone', reason: "there is no type 'shot'" },
  ])
})
