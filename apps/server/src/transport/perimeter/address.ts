import type { IncomingMessage } from 'node:http'
import { isIPv4 } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import { canonicalAddress } from '../../limits/address.js'

/** The address that a request comes from, in one spelling, as far as it can be known. */
export type AddressOf = (request: IncomingMessage) => string

function addressOfPeer({ socket }: IncomingMessage): string {
  const { remoteAddress = '' } = socket
  return isIPv4(remoteAddress) ? remoteAddress : (canonicalAddress(remoteAddress) ?? '')
}

/** The entries of `X-Forwarded-For`, the one that the nearest proxy wrote first. */
function forwardedFor({ headers }: IncomingMessage): string[] {
  const value = headers['x-forwarded-for'] ?? ''
  const entries = (Array.isArray(value) ? value.join(',') : value).split(',')
  return entries.filter((entry) => entry.trim() !== '').toReversed()
}

/**
 * Behind proxies that are trusted, the address is the last one in `X-Forwarded-For` that is none of
 * them: the first that the client cannot have made up. A text that is no address counts as the proxy
 * that wrote it. Requests, sockets, logs and limits go by this same rule.
 */
export function addressing(trusted: readonly string[]): AddressOf {
  if (trusted.length === 0) return addressOfPeer
  const isTrusted = proxyAddr.compile([...trusted])
  return (request) => {
    let known = addressOfPeer(request)
    if (known === '' || !isTrusted(known, 0)) return known
    for (const [index, entry] of forwardedFor(request).entries()) {
      const address = canonicalAddress(entry)
      if (address === undefined) return known
      known = address
      if (!isTrusted(address, index + 1)) return known
    }
    return known
  }
}
