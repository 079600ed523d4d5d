import type { Socket } from 'node:net'
import { ERRORS, type Failure } from '@talus/protocol'
import { errorBody } from '../../dispatch/failures.js'

const NO_HTTP: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request cannot be read',
  details: [{ path: '', expected: 'a complete HTTP/1.1 request' }],
}

const LARGE_HEADERS: Failure = {
  code: 'PAYLOAD_TOO_LARGE',
  message: 'The headers are too large',
  details: [{ path: '', expected: 'at most 16 KiB of headers' }],
}

/** Answers what Node's parser does not take for a request, in our words, and hangs up. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const failure = error.code === 'HPE_HEADER_OVERFLOW' ? LARGE_HEADERS : NO_HTTP
  const body = JSON.stringify({ success: false, error: errorBody(failure) })
  socket.end(
    [
      `HTTP/1.1 ${ERRORS[failure.code].status} ${failure.message}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
    // A client that goes on sending would keep it.
    () => socket.destroy(),
  )
}
