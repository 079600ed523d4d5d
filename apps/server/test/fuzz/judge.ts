import {
  AckFailure,
  check,
  CLIENT_EVENTS,
  ErrorBody,
  GRAPH_EVENTS,
  ROOT_EVENTS,
} from '@talus/protocol'
import type { TSchema } from 'typebox'
import type { PacketGrammar } from './packets.js'

type Sent = { type: number; namespace: string; id: number | undefined; data: unknown }

const CONNECT = 0
const EVENT = 2
const ACK = 3
const CONNECT_ERROR = 4

const SERVER_EVENTS: Record<string, Record<string, { payload: TSchema }>> = {
  '/': ROOT_EVENTS,
  '/graph': { ...GRAPH_EVENTS, error: ROOT_EVENTS.error, pong: ROOT_EVENTS.pong },
}

/** What Socket.IO makes of an id that is no whole number comes back with the answer. */
const PACKET = /^(\d)(?:(\/[^,]*),)?(NaN|Infinity|\d[\d.e+]*)?(.*)$/s

function decoded(packet: string): Sent | undefined {
  const parts = PACKET.exec(packet)
  if (!parts) return undefined
  const [, type, namespace = '/', id, json = ''] = parts
  const data: unknown = json === '' ? undefined : JSON.parse(json)
  return { type: Number(type), namespace, id: id === undefined ? undefined : Number(id), data }
}

const MOST_FAULTS = 10

/** Holds everything that the server says against the contract, and keeps what does not fit. */
export class Judge {
  /** What broke the contract; few are enough to see what is wrong. */
  readonly faults: string[] = []
  /** How many packets of the server were looked at. */
  heard = 0

  /** One Engine.IO packet of the server, as text. */
  hear(packet: string, asked: PacketGrammar['asked']): void {
    this.heard += 1
    if (!packet.startsWith('4')) return
    const sent = decoded(packet.slice(1))
    const problem = sent ? problemOf(sent, asked) : 'no packet of Socket.IO'
    if (problem !== undefined) this.blame(`${problem}: ${packet.slice(0, 500)}`)
  }

  blame(fault: string): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push(fault.slice(0, 600))
  }
}

function mismatch(schema: TSchema, value: unknown): string | undefined {
  const checked = check(schema, value)
  return checked.ok ? undefined : checked.error.message
}

function isInternal(value: unknown): boolean {
  return JSON.stringify(value)?.includes('"INTERNAL_ERROR"') ?? false
}

function problemOf(sent: Sent, asked: PacketGrammar['asked']): string | undefined {
  if (isInternal(sent.data)) return 'a fault of the server'
  switch (sent.type) {
    case EVENT:
      return eventProblem(sent)
    case ACK:
      return ackProblem(sent, asked)
    case CONNECT_ERROR: {
      const { data } = sent.data as { data?: unknown }
      // Socket.IO itself refuses namespaces that there are not, without a code.
      return data === undefined ? undefined : mismatch(ErrorBody, data)
    }
    case CONNECT:
      return typeof (sent.data as { sid?: unknown }).sid === 'string' ? undefined : 'no sid'
    default:
      return sent.type === 1 ? undefined : 'a type that the server does not send'
  }
}

function eventProblem({ namespace, data }: Sent): string | undefined {
  const [name, payload] = data as [string, unknown]
  const definition = SERVER_EVENTS[namespace]?.[name]
  return definition ? mismatch(definition.payload, payload) : 'an event that is not declared'
}

function ackProblem({ id = -1, data }: Sent, asked: PacketGrammar['asked']): string | undefined {
  const [answer] = data as [unknown]
  const name = asked.get(id)
  if (answer === null || answer === undefined) return undefined
  if ((answer as { ok?: unknown }).ok === false) return mismatch(AckFailure, answer)
  if (name === undefined) return undefined
  return mismatch(CLIENT_EVENTS[name].ack, answer)
}
