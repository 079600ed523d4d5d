import type { IncomingMessage } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'

/** The address that a request comes from, as far as it can be known. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * Behind proxies that are trusted it is the last one in `X-Forwarded-For` that is none of them: the
 * first that the client cannot have made up. Requests, sockets and Fastify go by this same rule.
 */
export function addressing(trusted: readonly string[]): AddressOf {
  if (trusted.length === 0) return ({ socket }) => socket.remoteAddress ?? ''
  const isTrusted = proxyAddr.compile([...trusted])
  return (request) => proxyAddr(request, isTrusted)
}
