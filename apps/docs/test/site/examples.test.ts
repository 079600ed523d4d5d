import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isWithoutPython } from '../../../../examples/test/python-tools.js'
import { currentContract } from '../../src/contract.js'
import { allActs, examplesOf } from '../../src/site/examples/examples.js'
import { SERVER, type Act, type Example } from '../../src/site/examples/example.js'
import { literal } from '../../src/site/examples/literal.js'
import { LANDING_EXAMPLES } from '../../src/site/layout/landing.js'
import { CONNECT_EXAMPLE } from '../../src/site/reference/text-pages.js'
import { CALLED, newScene, startServer, type LiveServer } from '../live-server.js'
import { faults } from '../spec-files.js'
import { Programs, type Language, type Printed } from './programs.js'
import { htmlOf, siteOfTests } from './built-site.js'

const contract = currentContract()
const withoutPython = isWithoutPython()
const canRun = ({ language }: { language: string }) => language !== 'python' || !withoutPython

/** One program of the site. */
type Program = { key: string; act: Act; example: Example }

const programs: Program[] = [...allActs(contract)].flatMap(([key, act]) =>
  examplesOf(act, contract)
    .filter(canRun)
    .map((example) => ({ key, act, example })),
)
const languages = [...new Set(programs.map(({ example }) => example.language))]
const createNode = (language: Language) =>
  programs.find(({ key, example }) => key === 'command/CreateNode' && example.language === language)
    ?.example.code ?? ''

let server: LiveServer
let folder: Programs
const printed = new Map<Program, Printed>()

/** Runs all programs in one language, each about a scene of its own. */
async function runAll(language: Language): Promise<void> {
  const mine = programs.filter(({ example }) => example.language === language)
  const codes: string[] = []
  for (const { key, example } of mine) codes.push(await prepared(key, example.code))
  const answers = await folder.run(language, codes)
  mine.forEach((program, index) => {
    const answer = answers[index]
    if (answer) printed.set(program, answer)
  })
}

beforeAll(async () => {
  server = await startServer()
  folder = await Programs.inNewFolder()
  for (const language of languages) await runAll(language)
})

afterAll(async () => {
  await server?.close()
  await folder?.[Symbol.asyncDispose]()
})

type Scene = Awaited<ReturnType<typeof newScene>>

const undo = ({ session_id }: Scene) => server.ask('POST', `/sessions/${session_id}/undo`, {})

/** What has to be done before an example can succeed. */
const BEFORE: Record<string, (scene: Scene) => Promise<unknown>> = {
  'request/redo_command': undo,
  'route/RedoRoute': undo,
  'command/LinkNode': ({ session_id }) => {
    const data = { parent_id: 'phase-1', child_id: 'task-1' }
    const command = { session_id, command_type: 'UnlinkNode', data }
    return server.ask('POST', '/commands/execute', command)
  },
}

/** A program about a scene of its own, on the server of the tests. */
async function prepared(key: string, code: string): Promise<string> {
  const scene = await newScene(server)
  await BEFORE[key]?.(scene)
  // A session is created under the id of the example; everything else is about the scene.
  const ids = key === 'route/CreateSession' ? { ...scene, session_id: randomUUID() } : scene
  return Object.entries(CALLED).reduce(
    (text, [name, field]) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), ids[field]),
    code.replaceAll(SERVER, server.url),
  )
}

/** The response that curl prints: of a command sent by REST, that of its route. */
function schemaOf(act: Act): string {
  const type = act.kind === 'route' ? act.key.replace(/Route$/, '') : 'ExecuteCommand'
  const isPreview = act.kind === 'request' && act.name === 'preview_command'
  return `schemas/rest/${isPreview ? 'PreviewCommand' : type}.response.json`
}

const REFUSED = /ok: false|'ok': False/

/** What there is to say against what a program has printed. */
function complaints({ act, example: { label } }: Program, { text, fault }: Printed): unknown[] {
  if (fault !== undefined) return [fault]
  if (label === 'curl') return faults(schemaOf(act), JSON.parse(text))
  if (act.kind === 'route' && label !== 'TypeScript') {
    return text.startsWith(`${act.route.status} {`) ? [] : [text]
  }
  return text === '' || REFUSED.test(text) ? [text] : []
}

test.each(programs.map((program) => [program.key, program.example.label, program] as const))(
  '%s in %s does what it says',
  (_key, _label, program) => {
    const answer = printed.get(program)
    expect(answer).toBeDefined()
    expect(complaints(program, answer ?? { text: '' })).toEqual([])
  },
)

test('what is shown in TypeScript has the types of the real packages', async () => {
  const shown = programs
    .filter(({ example }) => example.language === 'ts')
    .map(({ key, example }) => [`${key.replaceAll(/\W/g, '-')}.ts`, example.code] as const)
  expect(shown.length).toBeGreaterThan(50)
  const landing = LANDING_EXAMPLES.filter(({ language }) => language === 'ts')
  const all = new Map([...shown, ...landing.map(({ code }) => ['landing.ts', code] as const)])
  expect(await folder.typeErrors(all)).toBe('')
})

test('a mistake in TypeScript would be found', async () => {
  const code = createNode('ts').replace('blueprint_type_id', 'type')
  expect(await folder.typeErrors(new Map([['mistake.ts', code]]))).toContain('TS2')
})

test('a refusal would be found, in every language', async () => {
  for (const language of languages) {
    const code = await prepared('command/CreateNode', createNode(language))
    const [answer] = await folder.run(language, [code.replaceAll('phase-1', 'nowhere')])
    const program = programs.find(
      ({ key, example }) => key === 'command/CreateNode' && example.language === language,
    )
    if (!program || !answer) throw new Error(`Nothing was run in ${language}`)
    expect(complaints(program, answer)).not.toEqual([])
  }
})

test.each(LANDING_EXAMPLES.filter(canRun))('the landing page: $label', async (example) => {
  const code = example.code.replaceAll(SERVER, server.url).replaceAll('my-session', randomUUID())
  const [answer] = await folder.run(example.language as Language, [code])
  expect(answer?.fault).toBeUndefined()
  expect(answer?.text).not.toMatch(/false/i)
  expect(answer?.text).toMatch(/command_id|\[ '[\w-]+' \]/)
})

test('the page about connecting: both namespaces let it in', async () => {
  const code = CONNECT_EXAMPLE.replaceAll(SERVER, server.url).replaceAll('demo', randomUUID())
  const [answer] = await folder.run('js', [code])
  expect(answer?.fault).toBeUndefined()
  expect(answer?.text).toContain('ok: true')
  expect(answer?.text).toContain('client_count')
})

test('everything that a client can do shows how in every language that can do it', () => {
  const shown = (path: string) =>
    [...htmlOf(siteOfTests, path).matchAll(/role="tab"[^>]*>(.*?)<\/button>/g)].map(
      ([, tab]) => tab,
    )
  const all = ['TypeScript', 'JavaScript', 'Python', 'curl']
  expect(shown('reference/commands/CreateNode/')).toEqual(all)
  expect(shown('reference/routes/get-graph/')).toEqual(all)
  expect(shown('reference/requests/undo_command/')).toEqual(all)
  expect(shown('reference/requests/update_presence/')).toEqual(all.slice(0, 3))
  for (const name of ['ping', 'authenticate']) {
    expect(shown(`reference/requests/${name}/`)).toEqual(['JavaScript', 'Python'])
  }
})

test.each([
  [
    { a: "it's", b: 'a "word"', c: null, d: true },
    `{ a: "it's", b: 'a "word"', c: null, d: true }`,
  ],
  [{ 'a-b': [1, 2.5, []], c: {} }, `{ 'a-b': [1, 2.5, []], c: {} }`],
  ['back\\slash\n', String.raw`'back\\slash\n'`],
])('%j is written as JavaScript', (value, text) => {
  expect(literal(value, 'javascript')).toBe(text)
})

test('long values are broken, and mean the same', () => {
  const value = { name: 'x'.repeat(60), list: ['y'.repeat(40), { deep: false }] }
  expect(literal(value, 'python')).toBe(`{
    "name": "${'x'.repeat(60)}",
    "list": ["${'y'.repeat(40)}", {"deep": False}],
}`)
})
