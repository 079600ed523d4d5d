import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const FOLDER = new URL('../spec/', import.meta.url)

/** The committed files, by their path below `spec/`. */
export const committed = new Map(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => path.replaceAll('\\', '/'))
    .map((path) => [path, readFileSync(new URL(path, FOLDER), 'utf8')]),
)

export function parsed<T>(path: string): T {
  const text = committed.get(path)
  if (text === undefined) throw new Error(`There is no spec/${path}`)
  return JSON.parse(text) as T
}

type JsonSchema = { title: string; examples?: unknown[] }

/** The committed JSON Schemas, by their path below `spec/`. */
export const schemas = new Map(
  [...committed.keys()]
    .filter((path) => path.startsWith('schemas/'))
    .map((path) => [path, parsed<JsonSchema>(path)]),
)

// `strictTypes` would want a type beside every `enum` and `const` of a union.
const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false })
for (const [path, schema] of schemas) ajv.addSchema(schema, path)

/** The validator of a committed JSON Schema. */
export function validator(path: string): ValidateFunction {
  const validate = ajv.getSchema(path)
  if (validate === undefined) throw new Error(`There is no spec/${path}`)
  return validate
}

/** What is wrong with a value, by a committed JSON Schema; nothing when all is well. */
export function faults(path: string, value: unknown): string[] {
  const validate = validator(path)
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
