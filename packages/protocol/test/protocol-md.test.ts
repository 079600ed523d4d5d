import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  Ack,
  check,
  COMMANDS,
  ERROR_CODES,
  ERRORS,
  ErrorEnvelope,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
} from '../src/index.js'

const text = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8')

// The formatter pads the cells of tables.
const lines = text.split('\n').map((line) => line.replace(/ +/g, ' '))

const RULES = `
  JOIN1 JOIN2 JOIN3 JOIN4 JOIN5 JOIN6 JOIN7 JOIN8
  CMD1 CMD2 CMD3 CMD4 CMD5 CMD6 CMD7 CMD8 CMD9 CMD10 CMD11
  IDEM1 IDEM2 IDEM3 IDEM4 IDEM5 IDEM6 IDEM7
  ACT1
  TEXT1 TEXT2 NUM1 TIME1 PACKET1
  ID1 TREE1 TREE2 TREE3 TREE4 TREE5 PROP1 PROP2 SEL1 SEL2 TREE6 TREE7 DEL1 MOVE1 MOVE2 ORD1 ORD2 ORD3
  UNDO1 UNDO2 UNDO3 UNDO4 UNDO5 UNDO6 UNDO7 UNDO8 UNDO9 UNDO10 UNDO11 UNDO12 UNDO13 UNDO14
  SYNC1 SYNC2 SYNC3 SYNC4 SYNC5 SYNC6
  HIST1 HIST2 HIST3 HIST4
  AUTH1 AUTH2 AUTH3 AUTH4 AUTH5 AUTH6 AUTH7 AUTH8 AUTH9 AUTH10 AUTH11 AUTH12 AUTH13
  ACC1 ACC2 ACC3 ACC4 ACC5 ACC6 VIEW1 VIEW2 VIEW3 VIEW4 VIEW5 VIEW6 VIEW7
  DOOR1 DOOR2 DOOR3 DOOR4 DOOR5
  PRES1 PRES2 PRES3 PRES4 PRES5
  READ1 READ2 READ3 LIST1 FIND1 FIND2 FIND3 FIND4 AFF1
  FILE1 FILE2
  LIM1 LIM2 LIM3 LIM4 LIM5 LIM6 LIM7 LIM8 LIM9 LIM10 LIM13 LIM14 LIM15 LIM16 LIM17 LIM20 LIM21 LIM31 LIM32 LIM33
  STORE1 STORE2 STORE3 STORE4
  ERR1
  VER1`
  .trim()
  .split(/\s+/)

test('every rule is there once, and no other', () => {
  const rules = [...text.matchAll(/\[([A-Z]+\d+)\]/g)].map((match) => match[1])
  expect(rules).toEqual(RULES)
})

test('a rule that the text or the source refers to exists', () => {
  const src = new URL('../src/', import.meta.url)
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(new URL(path, src), 'utf8'))
  const referred = [
    ...[...text.matchAll(/\b[A-Z]{2,}\d+\b/g)].map(([id]) => id),
    ...[...sources.join().matchAll(/\brules? ([A-Z\d, ]+)\)/g)].flatMap(([, ids]) =>
      (ids ?? '').split(', '),
    ),
  ]
  expect(referred.filter((id) => !RULES.includes(id))).toEqual([])
})

test('every error code has one row, equal to the table of the contract', () => {
  const rows = lines.filter((line) => /^\| `[A-Z_]+` /.test(line))
  expect(rows).toEqual(
    ERROR_CODES.map((code) => {
      const { status, retryable, description } = ERRORS[code]
      return `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${description} |`
    }),
  )
})

test('every command has one row, equal to the contract', () => {
  const rows = lines.filter((line) => /^\| `[A-Z][a-zA-Z]+` \| [^|]+ \|$/.test(line))
  expect(rows).toEqual(
    Object.values(COMMANDS).map(({ type, description }) => `| \`${type}\` | ${description} |`),
  )
})

test('[VER1] it is about this version, and the history has a line for it', () => {
  expect(text).toContain(`Version ${PROTOCOL_VERSION}.`)
  for (const version of [MIN_PROTOCOL_VERSION, PROTOCOL_VERSION]) {
    expect(lines.filter((line) => line.startsWith(`| ${version} |`))).toHaveLength(1)
  }
})

describe('the JSON samples are valid', () => {
  const schemas: Record<string, object> = { Ack, ErrorEnvelope }
  const samples = [...text.matchAll(/```json (\w+)\n([^`]*)```/g)].map(([, name, json]) => ({
    name: name ?? '',
    json: json ?? '',
  }))

  test.each(samples)('$name', ({ name, json }) => {
    const schema = schemas[name]
    if (!schema) throw new Error(`The test knows no schema ${name}`)
    expect(check(schema, JSON.parse(json))).toMatchObject({ ok: true })
  })

  test('there are some', () => {
    expect(samples).toHaveLength(3)
  })
})
