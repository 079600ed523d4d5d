import type { ErrorBody, Failure } from '@talus/protocol'
import type { ExtendedError } from 'socket.io'
import { POLICY_VIOLATION, type Connection } from '../../broadcast/connection.js'
import { isDenial, type Audit } from '../../gate/audit.js'
import { concernedBy } from '../../observability/concerned.js'
import { allowanceOf, factsOf } from './handshake.js'
import type { GraphSocket, RequestWatch, RootSocket } from './requests.js'
import type { SocketServices } from './services.js'

type AnySocket = RootSocket | GraphSocket

/** A page of another origin tried to connect. */
export function originDenied(audit: Audit, address: string | undefined): void {
  audit.denied('origin.denied', 'FORBIDDEN', { door: '/', address })
}

/** A handshake was refused; only refusals that say who may come in are accounted for. */
export function connectionDenied(audit: Audit, socket: AnySocket, refused: ExtendedError): void {
  const { code } = refused.data as ErrorBody
  if (!isDenial(code)) return
  const { session_id } = concernedBy(socket.handshake.auth)
  audit.denied('connection.denied', code, { ...factsOf(socket), session_id })
}

/** Somebody is in a session no longer, because there is no role any more. */
export function roleLost(
  audit: Audit,
  socket: AnySocket,
  { session_id, error }: { session_id: string; error: Failure },
): void {
  audit.denied('role.lost', error.code, { ...factsOf(socket), session_id })
}

type WatchServices = Pick<SocketServices, 'audit' | 'faults' | 'newMeter' | 'letGo'>

/** What is to be told of the requests of a socket, and what becomes of those that are too many. */
export function watchOf(
  socket: AnySocket,
  connection: Connection,
  { audit, faults, newMeter, letGo }: WatchServices,
): RequestWatch {
  return {
    faults,
    meter: newMeter(allowanceOf(socket)),
    messageBytes: () => connection.nextSize(),
    onFlood() {
      letGo('flood', { client_id: socket.id })
      connection.end(POLICY_VIOLATION, 'Too many messages')
    },
    onRefused(asked, { code }, payload) {
      if (!isDenial(code)) return
      const { session_id } = { ...concernedBy(socket.handshake.auth), ...concernedBy(payload) }
      audit.denied('request.denied', code, { ...factsOf(socket), session_id, asked })
    },
  }
}
