import type { Contract, Route } from '../contract.js'
import { models } from '../models.js'
import { routeType } from '../names.js'
import type { SdkEntry, SdkName } from './sources.js'

/** A name as a part of a URL; not every server takes a colon. */
const segment = (name: string) => name.replaceAll(':', '-')

/** `GetGraph` as `get-graph`. */
const kebab = (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()

/** The folders of events, by namespace. */
export const EVENT_FOLDERS = { '/': 'events', '/graph': 'graph-events' } as const

export type NamespaceName = keyof typeof EVENT_FOLDERS
export const NAMESPACES = Object.keys(EVENT_FOLDERS) as NamespaceName[]

/** The folder of an entry point of the SDK: `sdk`, `sdk-react`. */
export const sdkFolder = (specifier: string) =>
  specifier.replace(/^@talus\/client/, 'sdk').replace('/', '-')

/** `Rest` beside `rest`: some file systems do not tell them apart. */
function sdkSegment({ name }: SdkName, { names }: SdkEntry): string {
  const isTwin = names.some(
    ({ name: other, kind }) =>
      other !== name && kind === 'function' && other.toLowerCase() === name.toLowerCase(),
  )
  return isTwin ? `${name}-type` : name
}

/** Where everything stands: paths below the root of the site, with a slash at their end. */
export const placeOf = {
  event: (namespace: NamespaceName, name: string) =>
    `reference/${EVENT_FOLDERS[namespace]}/${segment(name)}/`,
  request: (name: string) => `reference/requests/${segment(name)}/`,
  command: (type: string) => `reference/commands/${type}/`,
  route: (key: string) => `reference/routes/${kebab(routeType(key))}/`,
  error: (code: string) => `reference/errors/${code}/`,
  model: (name: string) => `reference/models/${name}/`,
  sdk: (name: SdkName, entry: SdkEntry) =>
    `reference/${sdkFolder(entry.specifier)}/${sdkSegment(name, entry)}/`,
  rules: 'reference/rules/',
  rule: (id: string) => `reference/rules/#${id}`,
  protocol: 'reference/protocol/',
  connect: 'reference/connect/',
  flows: 'reference/flows/',
  access: 'reference/access/',
  history: 'reference/history/',
  downloads: 'reference/downloads/',
}

/** An internal link as it stands in a body; it is made relative when the page is finished. */
export const siteLink = (place: string) => `site:/${place}`

export const routeName = ({ method, path }: Route) => `${method} ${path}`

/** A call without its arguments: `session.flush` of `session.flush()`. */
const withoutArguments = (code: string) => /^([\w.]+)\(.*\)$/.exec(code)?.[1]

const lowerFirst = (name: string) => name.replace(/^./, (first) => first.toLowerCase())

/** The numbers of the rules, in the order of the text. */
export function ruleIds(protocolText: string): string[] {
  return [...protocolText.matchAll(/^- \*\*\[([A-Z]+\d+)\]\*\*/gm)].map(([, id]) => id ?? '')
}

/** Everything that has a name, and its place: what links of the form `talus:kind/name` lead to. */
export class Places {
  /** By `kind/name`. */
  readonly #named = new Map<string, string>()
  /** What needs no more than its name, in code or prose. */
  readonly #evident = new Map<string, string>()
  readonly #rules: ReadonlySet<string>

  constructor(contract: Contract, protocolText: string, sdk: readonly SdkEntry[]) {
    this.#rules = new Set(ruleIds(protocolText))
    for (const id of this.#rules) this.#add('rule', id, placeOf.rule(id))
    for (const code of Object.keys(contract.errors)) this.#add('error', code, placeOf.error(code))
    for (const type of Object.keys(contract.commands)) {
      this.#add('command', type, placeOf.command(type))
    }
    for (const [key, route] of Object.entries(contract.rest.routes)) {
      this.#add('route', routeName(route), placeOf.route(key))
    }
    for (const name of models.keys()) this.#named.set(`model/${name}`, placeOf.model(name))
    this.#addMessages(contract)
    this.#addSdk(sdk)
  }

  #add(kind: string, name: string, place: string): void {
    this.#named.set(`${kind}/${name}`, place)
    this.#evident.set(name, place)
  }

  /** Those of `/` first: where both namespaces have an event of one name, that is the one meant. */
  #addMessages({ namespaces }: Contract): void {
    for (const namespace of NAMESPACES) {
      const { client_to_server, server_to_client } = namespaces[namespace] ?? {}
      for (const name of Object.keys(client_to_server ?? {})) {
        this.#addMessage(`request/${name}`, name, placeOf.request(name))
      }
      for (const name of Object.keys(server_to_client ?? {})) {
        this.#addMessage(`event/${name}`, name, placeOf.event(namespace, name))
      }
    }
  }

  #addMessage(key: string, name: string, place: string): void {
    if (this.#named.has(key)) return
    this.#named.set(key, place)
    // `error` and `ping` are words of prose as well.
    if (/[:_-]/.test(name)) this.#evident.set(name, place)
  }

  #addSdk(sdk: readonly SdkEntry[]): void {
    for (const entry of sdk) {
      for (const one of entry.names) {
        const place = placeOf.sdk(one, entry)
        this.#named.set(`sdk/${one.name}`, place)
        // `connect` and `rest` are words of other meanings too.
        const isCall = one.kind === 'function' && !/[A-Z]/.test(one.name)
        this.#addEvident(isCall ? `${one.name}()` : one.name, place)
        for (const { name } of one.members) {
          this.#named.set(`sdk/${one.name}.${name}`, `${place}#${name}`)
          this.#addEvident(`${one.name}.${name}`, `${place}#${name}`)
          this.#addEvident(`${lowerFirst(one.name)}.${name}`, `${place}#${name}`)
        }
      }
    }
    this.#addParts(sdk)
  }

  /** `session.graph` is a SessionGraph, so that `graph.node` and `session.graph.node` are its. */
  #addParts(sdk: readonly SdkEntry[]): void {
    const names = sdk.flatMap((entry) => entry.names)
    for (const owner of names) {
      for (const { name: part, type } of owner.members) {
        const used = names.find(({ name, members }) => name === type && members.length > 0)
        for (const { name } of used?.members ?? []) {
          const place = this.named(`sdk/${type}.${name}`)
          this.#addEvident(`${part}.${name}`, place)
          this.#addEvident(`${lowerFirst(owner.name)}.${part}.${name}`, place)
        }
      }
    }
  }

  /** What the contract names is that of the contract. */
  #addEvident(name: string, place: string): void {
    if (!this.#evident.has(name)) this.#evident.set(name, place)
  }

  /** The place that `kind/name` names, if there is one. */
  find(reference: string): string | undefined {
    return this.#named.get(reference)
  }

  /** The place that `kind/name` names. Throws when there is none. */
  named(reference: string): string {
    const place = this.#named.get(decodeURIComponent(reference))
    if (place === undefined) throw new Error(`talus:${reference} leads nowhere`)
    return place
  }

  /** The place of a name that stands in code. */
  ofCode(text: string): string | undefined {
    const call = withoutArguments(text)
    return this.#evident.get(text) ?? (call === undefined ? undefined : this.#ofCall(call))
  }

  #ofCall(name: string): string | undefined {
    return this.#evident.get(name) ?? this.#evident.get(`${name}()`)
  }

  /** The place of a word of prose: the number of a rule, or the code of an error. */
  ofWord(word: string): string | undefined {
    return this.#rules.has(word) || /^[A-Z_]{6,}$/.test(word) ? this.#evident.get(word) : undefined
  }
}
