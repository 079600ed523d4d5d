import type { Route } from '../../contract.js'

/** Where the programs of the examples find the server. */
export const SERVER = 'http://localhost:5000'

/** Where a program finds the server, and whom it acts as. */
export type Caller = {
  /** The address of the server, without a slash at its end. */
  server: string
  actor?: { id: string; name?: string }
  /** Whether it presents the token in `TALUS_TOKEN`: secrets stay out of what is copied. */
  hasToken?: boolean
  /** The same for that of a share link, in `TALUS_SHARE_TOKEN`. */
  hasShareToken?: boolean
}

/** Something that a client does, by the example of the contract. */
export type Act =
  | {
      kind: 'request'
      name: string
      payload: Record<string, unknown> | undefined
      /** Of `/graph`, the session of the connection; without it, the request goes over `/`. */
      graph?: string
    }
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

/** The origin of a server, and the path that it is below, which is empty for most. */
export function addressOf({ server }: Caller): { origin: string; path: string } {
  const { origin, pathname } = new URL(server)
  return { origin, path: pathname === '/' ? '' : pathname }
}

/** Headers carry Latin-1 only: what of the actor fits. */
export function actorInHeaders({ actor }: Caller): { id?: string; name?: string } {
  const fits = (text: string | undefined) =>
    text !== undefined && /^[\x20-\x7E\xA0-\xFF]*$/.test(text)
  const { id, name } = actor ?? {}
  return Object.fromEntries(Object.entries({ id, name }).filter(([, text]) => fits(text)))
}
