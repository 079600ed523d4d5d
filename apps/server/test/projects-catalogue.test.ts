import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseTemplate } from '@talus/graph'
import { expect, onTestFinished, test } from 'vitest'
import { TemplateCatalogue } from '../src/projects/templates.js'
import { TEMPLATES } from './projects-samples.js'

const GOOD = 'name: Good\nversion: 1.5\nnode_types:\n- id: a\n'
const BROKEN = 'node_types:\n- id: a\n  properties:\n  - {id: status, type: select, options: []}\n'

function directory(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'talus-templates-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

function opened(path: string) {
  const logged: string[] = []
  const keep = (_: object, message: string) => void logged.push(message)
  return { catalogue: TemplateCatalogue.open(path, { error: keep, warn: keep }), logged }
}

function ids(catalogue: TemplateCatalogue): string[] {
  return catalogue.list().map(({ template_id }) => template_id)
}

test('the templates that ship are valid, and show every type of property', () => {
  const { catalogue, logged } = opened(TEMPLATES)
  expect(ids(catalogue)).toEqual(['film-production', 'software-release'])
  expect(logged).toEqual([])
  for (const template_id of ids(catalogue)) {
    const found = catalogue.get(template_id)
    const blueprint = found.ok ? found.value : undefined
    expect(parseTemplate(blueprint?.document ?? '', template_id).report.warnings).toEqual([])
    const types = blueprint?.types.flatMap(({ properties }) => properties.map(({ type }) => type))
    expect([...new Set(types)].toSorted().join(' ')).toBe(
      'checkbox currency date editor node_reference number object person select string text',
    )
  }
})

test('a template is known by its file name, as YAML or JSON', () => {
  const json = JSON.stringify({ name: 'J', uuid: 'u', description: 'd', node_types: [] })
  const path = directory({ 'b.yml': GOOD, 'a.json': json, 'notes.txt': 'no', '.yaml': GOOD })
  mkdirSync(join(path, 'folder.yaml'))
  const digest = expect.stringMatching(/^[0-9a-f]{32}$/) as unknown
  expect(opened(path).catalogue.list()).toEqual([
    { template_id: 'a', name: 'J', uuid: 'u', description: 'd', node_types: 0, digest },
    { template_id: 'b', name: 'Good', version: '1.5', node_types: 1, digest },
  ])
})

test('an invalid template is told and refused, and nothing else is the worse for it', () => {
  const { catalogue, logged } = opened(
    directory({ 'x.yaml': BROKEN, 'y.yaml': GOOD, 'z.yaml': '{' }),
  )
  expect(logged).toEqual(['invalid template', 'invalid template'])
  expect(ids(catalogue)).toEqual(['y'])
  const refused = catalogue.get('x')
  expect(refused).toMatchObject({
    ok: false,
    error: {
      code: 'INVALID_TEMPLATE',
      message:
        "Template 'x' is not valid: node type 'a', property 'status': a select property needs options",
      details: [{ path: '/node_types/0/properties/0/options' }],
    },
  })
  expect(catalogue.get('z')).toMatchObject({ ok: false, error: { code: 'INVALID_TEMPLATE' } })
  expect(catalogue.blueprint('x')).toBeNull()
})

test('an edited template is read again, one that did not change is not', () => {
  const path = directory({ 'a.yaml': BROKEN })
  const { catalogue } = opened(path)
  writeFileSync(join(path, 'a.yaml'), GOOD)
  const first = catalogue.blueprint('a')
  expect(first?.typeOf('a')).toBeDefined()
  expect(catalogue.blueprint('a')).toBe(first)
  writeFileSync(join(path, 'a.yaml'), GOOD.replace('id: a', 'id: b'))
  utimesSync(join(path, 'a.yaml'), new Date(), new Date(Date.now() + 5000))
  expect(catalogue.blueprint('a')?.typeOf('b')).toBeDefined()
  rmSync(join(path, 'a.yaml'))
  expect(catalogue.get('a')).toMatchObject({ ok: false, error: { code: 'TEMPLATE_NOT_FOUND' } })
})

test.each(['../a', 'a/../a', '..', '', 'A', '/etc/passwd', '__proto__', 'a\0', 'constructor'])(
  'no other id finds a file: %j',
  (template_id) => {
    const { catalogue } = opened(directory({ 'a.yaml': GOOD }))
    const found = catalogue.get(template_id)
    expect(found).toMatchObject({ ok: false, error: { code: 'TEMPLATE_NOT_FOUND' } })
  },
)

test('of two files with one id the first is used; a name that is no id is left out', () => {
  const path = directory({ 'a.yaml': GOOD, 'a.json': '{"node_types":[]}', 'my own.yaml': GOOD })
  const { catalogue, logged } = opened(path)
  expect(catalogue.list()).toMatchObject([{ template_id: 'a', node_types: 0 }])
  expect(logged).toEqual([
    'template ignored: a.json has the same id',
    'template ignored: its file name cannot be an id',
  ])
})

test('a directory that is not there holds no templates', () => {
  const { catalogue, logged } = opened('/nowhere/at/all')
  expect(catalogue.list()).toEqual([])
  expect(logged[0]).toBe('templates cannot be listed')
})

test('a file that cannot be read is an invalid template', () => {
  const path = directory({ 'b.yaml': GOOD })
  symlinkSync('a.yaml', join(path, 'a.yaml'))
  const { catalogue } = opened(path)
  expect(ids(catalogue)).toEqual(['b'])
  expect(catalogue.get('a')).toMatchObject({ ok: false, error: { code: 'INVALID_TEMPLATE' } })
})
