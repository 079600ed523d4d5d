import { API_PREFIX, COMMANDS, ROUTES, type RouteName } from '@talus/protocol'
import type { TSchema } from 'typebox'
import type { Dealer } from '../convergence/dealer.js'
import { HOSTILE_NAMES, hostileValue, spoiled } from './hostile-json.js'
import type { Outgoing } from './http-exchange.js'
import type { KnownIds } from './known-ids.js'
import { mutated } from './mutation.js'
import { SchemaValues } from './schema-values.js'

/** A request, and the route that it is for: null when none may feel meant. */
export type RestRequest = { route: RouteName; strayed: boolean; outgoing: Outgoing }

type Parts = { method: string; path: string; params?: TSchema; query?: TSchema; body?: TSchema }

const ODD_HEADERS: Record<string, string>[] = [
  { 'x-session-id': '__proto__' },
  { 'x-session-id': 's1' },
  { 'x-session-id': 's2, s3' },
  { 'x-actor-id': 'constructor', 'x-actor-name': 'é' },
  { 'x-actor-id': 'x'.repeat(300) },
  { 'x-share-token': 'none' },
  { 'accept-encoding': 'br, gzip;q=0, *' },
  { 'if-none-match': '*, W/"x:1"' },
  { accept: 'text/html' },
  { origin: 'http://elsewhere.example' },
  { expect: '100-continue' },
  { 'content-encoding': 'gzip' },
  { host: '' },
]

const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'x',
  'multipart/form-data; boundary=x',
]

/** Half of a surrogate pair has no place in a URL. */
function escaped(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}

/** Writes requests for every route of the contract, right and not quite right. */
export class RestGrammar {
  readonly #dealer: Dealer
  readonly #ids: KnownIds
  readonly #values: SchemaValues
  readonly #credentials: readonly Record<string, string>[]

  constructor(
    dealer: Dealer,
    { ids, credentials }: { ids: KnownIds; credentials: readonly Record<string, string>[] },
  ) {
    this.#dealer = dealer
    this.#ids = ids
    this.#values = new SchemaValues(dealer, (field) => ids.textFor(field))
    this.#credentials = credentials
  }

  next(): RestRequest {
    const dealer = this.#dealer
    const route = dealer.pick(Object.keys(ROUTES) as RouteName[])
    const parts = ROUTES[route] as unknown as Parts
    const strayed = dealer.chance(4)
    const method = strayed
      ? dealer.pick(['PATCH', 'OPTIONS', 'HEAD', 'POST', 'DELETE'])
      : parts.method
    const place = API_PREFIX + this.#place(parts.path) + this.#query(parts.query)
    const body = parts.body || strayed ? this.#body(route, parts.body) : undefined
    const type = dealer.chance(95) ? 'application/json' : dealer.pick(TYPES)
    const headers: Record<string, string | number> = {
      ...(body ? { 'content-type': type, 'content-length': body.length } : {}),
      ...dealer.pick(this.#credentials),
      ...(dealer.chance(10) ? dealer.pick(ODD_HEADERS) : {}),
    }
    return { route, strayed, outgoing: { method, path: place, headers, ...(body ? { body } : {}) } }
  }

  #place(path: string): string {
    const odd = () => {
      const text = this.#dealer.pick(HOSTILE_NAMES)
      return this.#dealer.pick(['%', '%E0%A4%A', '%00', '..', escaped(text), 'x'.repeat(400)])
    }
    return path.replaceAll(/\{(\w+)\}/g, (_, field: string) =>
      this.#dealer.chance(5) ? odd() : escaped(this.#ids.textFor(field)),
    )
  }

  #query(schema: TSchema | undefined): string {
    if (schema === undefined) return this.#dealer.chance(3) ? '?x=1' : ''
    const value = this.#values.of(schema) as Record<string, unknown>
    // A wait for what never comes takes five seconds; that is for another test.
    if (Number(value['min_seq']) > 3) delete value['min_seq']
    const fields = Object.entries(value).map(([key, at]) => {
      const text = this.#dealer.chance(90) ? String(at) : hostileValue(this.#dealer, 0)
      return `${key}=${escaped(text)}`
    })
    if (this.#dealer.chance(5))
      fields.push(this.#dealer.pick(['__proto__=1', 'a[b]=1', '%', '=', '&&', ...fields]))
    return fields.length > 0 ? `?${fields.join('&')}` : ''
  }

  #body(route: RouteName, schema: TSchema | undefined): Buffer {
    const dealer = this.#dealer
    const kind = dealer.weighed({ valid: 50, spoiled: 30, hostile: 10, mutated: 10 })
    const value = schema ? this.#valid(route, schema) : {}
    const json = JSON.stringify(value) ?? ''
    switch (kind) {
      case 'valid':
        return Buffer.from(json)
      case 'spoiled':
        return Buffer.from(typeof value === 'object' && value ? spoiled(dealer, value) : json)
      case 'hostile':
        return Buffer.from(hostileValue(dealer))
      case 'mutated':
        return mutated(dealer, Buffer.from(json))
      default:
        return kind satisfies never
    }
  }

  #valid(route: RouteName, schema: TSchema): unknown {
    const value = this.#values.of(schema)
    if (route !== 'ExecuteCommandRoute' && route !== 'PreviewCommandRoute') return value
    const { type, data } = this.#dealer.pick(Object.values(COMMANDS))
    return {
      session_id: 's1',
      ...(value as object),
      command_type: type,
      data: this.#data(type, data),
    }
  }

  #data(type: string, schema: TSchema): unknown {
    const value = this.#values.of(schema)
    if (type !== 'Batch') return value
    const commands = Array.from({ length: 1 + this.#dealer.below(3) }, () => {
      const part = this.#dealer.pick(Object.values(COMMANDS))
      return { command_type: part.type, data: this.#values.of(part.data) }
    })
    return { ...(value as object), commands }
  }
}
