import type { Route } from '../../contract.js'

/** Where the programs of the examples find the server. */
export const SERVER = 'http://localhost:5000'

/** Something that a client does, by the example of the contract. */
export type Act =
  | { kind: 'request'; name: string; payload: Record<string, unknown> | undefined }
  | { kind: 'route'; key: string; route: Route; prefix: string }

/** A whole program that does one thing and prints what the server answers. */
export type Example = {
  label: 'TypeScript' | 'JavaScript' | 'Python' | 'curl'
  language: 'ts' | 'js' | 'python' | 'bash'
  code: string
}

export type Payload = Record<string, unknown>

/** The path of a route below its prefix, with the parameters and the query of its example. */
export function pathOf({ path, example }: Route): string {
  const params = (example.params ?? {}) as Payload
  const query = Object.entries((example.query ?? {}) as Payload)
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const search = new URLSearchParams(query.map(([name, value]) => [name, String(value)]))
  return query.length === 0 ? filled : `${filled}?${search}`
}
