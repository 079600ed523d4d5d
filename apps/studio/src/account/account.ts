import { connect, type Client } from '@talus/client'
import { useSyncExternalStore } from 'react'
import { recall, remember } from './memory.js'

/** The current user: as entered, or as in the token. */
export type Person = { id: string; name: string; token?: string }

/** Path of the server relative to the page, if an application serves the page elsewhere. */
const above = document.querySelector<HTMLMetaElement>('meta[name=talus-server]')?.content

/** Whether an embedding application serves the page; it may have other pages. */
export const isEmbedded = above !== undefined

/** URL of the server that served this page, also behind a proxy with a path. */
export const SERVER = new URL(above ?? '.', location.href).href.replace(/\/$/, '')

const tab = () => sessionStorage

/** The claims of a token, used only to display the name; the server verifies the token. */
function claimsOf(token: string): { sub?: string; name?: string } {
  try {
    const [, payload = ''] = token.split('.')
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes)) as { sub?: string; name?: string }
  } catch {
    return {}
  }
}

function withToken(token: string): Person {
  const { sub = 'me', name = sub } = claimsOf(token)
  return { id: sub, name, token }
}

function newPerson(): Person {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1))
  const person = { id: `studio-${number.toString(36)}`, name: `Guest ${(number % 900) + 100}` }
  remember('person', person)
  return person
}

function rememberedPerson(): Person {
  const token = recall<string>('token', tab)
  return token === null ? (recall<Person>('person') ?? newPerson()) : withToken(token)
}

let person = rememberedPerson()
/** By share token; '' has the client without one. */
const clients = new Map<string, Client>()
const listeners = new Set<() => void>()

/** Another person has other clients: undo steps and what is stored belong to one actor. */
function become(next: Person): void {
  person = next
  for (const client of clients.values()) client.close()
  clients.clear()
  for (const listener of listeners) listener()
}

export function rename(name: string): void {
  const next = { ...person, name }
  remember('person', next)
  become(next)
}

/** The token lives as long as the tab. */
export function signIn(token: string): void {
  remember('token', token, tab)
  become(withToken(token))
}

/** Forgets the token and everything that is stored of its actor. Resolves when that is gone. */
export async function signOut(): Promise<void> {
  const leaving = [...clients.values()]
  remember('token', null, tab)
  // Some browser may refuse; who signs out is signed out all the same.
  await Promise.all(leaving.map((client) => client.forget().catch(() => {})))
  become(recall<Person>('person') ?? newPerson())
}

/** As whom whoever works here comes; with the token of a share link, as its holder. */
export function identityOf({ id, name, token }: Person, share = '') {
  const isGuest = share !== '' && token === undefined
  return {
    ...(!isGuest && { actor: { id, name } }),
    ...(token !== undefined && { token }),
    ...(share !== '' && { shareToken: share }),
  }
}

/** The client of whoever works here. */
export function clientFor(share = ''): Client {
  const known = clients.get(share)
  if (known) return known
  const client = connect(SERVER, identityOf(person, share))
  clients.set(share, client)
  return client
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function usePerson(): Person {
  return useSyncExternalStore(subscribe, () => person)
}

/** A new one when somebody else works here. */
export function useClient(share?: string): Client {
  usePerson()
  return clientFor(share)
}
