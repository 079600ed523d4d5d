import { connect } from '@talus/client'
import { io } from 'socket.io-client'

/** A client that follows a session: each change goes into what it holds. */
export type Follower = { close: () => void }

type Place = { url: string; session_id: string }

const transports: ['websocket'] = ['websocket']

/** Keeps a replica with the SDK, by the `changes` stream. */
export async function followChanges(place: Place, onApplied: () => void): Promise<Follower> {
  const client = connect(place.url, { actor: 'follower', transports })
  const session = await client.join(place.session_id)
  session.on('entry', onApplied)
  return client
}

type PropertyChanged = { node_id: string; property_id: string; new_value: unknown }

/** Keeps the properties by hand, from the events that a default client is sent. */
export async function followEvents(place: Place, onApplied: () => void): Promise<Follower> {
  const { url, session_id } = place
  const properties = new Map<string, unknown>()
  const socket = io(url, { transports, forceNew: true })
  await socket.emitWithAck('join_session', { session_id })
  socket.on('property-changed', ({ node_id, property_id, new_value }: PropertyChanged) => {
    properties.set(`${node_id}/${property_id}`, new_value)
    onApplied()
  })
  return socket
}
