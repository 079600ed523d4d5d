import { isIP } from 'node:net'
import { ok, type Result } from '@talus/protocol'
import { type CertificateFiles, readCertificate } from '../tls/certificate.js'
import { type Given, invalid, itemsOf, parsed, readGroup, text } from './setting.js'

/** What is let in: all, or what is listed, where `local` stands for what belongs to this machine. */
export type AllowedNames = '*' | readonly string[]

/** Names of this machine, and pages that it serves itself. */
export const LOCAL = 'local'

/** Whether a name or an address means this machine and no other. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return (
    name === 'localhost' ||
    // RFC 6761, section 6.3: names below `localhost` are this machine's.
    name.endsWith('.localhost') ||
    name === '::1' ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  )
}

type ReadItem = (item: string) => string | undefined

/** A list of items each of which can be read; refusals name the first that cannot. */
function listed(read: ReadItem, expected: string) {
  return {
    expected,
    parse(given: string): readonly string[] | undefined {
      const items = itemsOf(given).map(read)
      return items.every((item) => item !== undefined) ? items : undefined
    },
    wrongIn: (given: string) => itemsOf(given).find((item) => read(item) === undefined) ?? given,
  }
}

/** `*`, or a list of which each item is `local` or can be read. */
function allowed(read: ReadItem, expected: string) {
  const names = listed((item) => (item === LOCAL ? item : read(item)), expected)
  const parse = (given: string): AllowedNames | undefined =>
    given === '*' ? given : names.parse(given)
  return { ...names, parse }
}

/** An origin as browsers write it; `null` is that of files and sandboxes. */
const originOf: ReadItem = (item) => {
  if (item === 'null') return item
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@*]+$/i.test(item) || !URL.canParse(item)) return undefined
  const { protocol, origin } = new URL(item)
  // Only the schemes of the web have an origin here; those of applications are compared as they are.
  return protocol === 'http:' || protocol === 'https:' ? origin : item.toLowerCase()
}

const hostOf: ReadItem = (item) => {
  const isName = /^[a-z\d]([a-z\d_.-]*[a-z\d])?$/i.test(item) || /^\[[\da-f:.]+\]$/i.test(item)
  return isName ? item.toLowerCase() : undefined
}

const PRESETS = ['loopback', 'linklocal', 'uniquelocal']

/** A number of proxies is refused too: whoever reaches the server past them could claim any. */
const proxyOf: ReadItem = (item) => {
  if (PRESETS.includes(item)) return item
  const [address = '', bits, ...more] = item.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return undefined
  const most = family === 4 ? 32 : 128
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most) ? item : undefined
}

function basePathOf(given: string): string | undefined {
  let path = given
  while (path.endsWith('/')) path = path.slice(0, -1)
  return path === '' || /^(\/[\w.~-]+)+$/.test(path) ? path : undefined
}

/** Who may reach the server, and over what. */
export const NETWORK = {
  corsOrigins: parsed(
    'cors-origins LIST',
    undefined,
    'allowed origins of web pages, comma-separated; listed origins may send credentials; local: pages on this machine, *: all; default local on loopback without authentication, else *',
    allowed(
      originOf,
      '* alone, or local, null and origins such as https://app.example:8443, without a path',
    ),
  ),
  /** Names by which the server may be called, without port. */
  allowedHosts: parsed(
    'allowed-hosts LIST',
    undefined,
    'accepted host names, comma-separated, in addition to local ones; *: all; default local on loopback without authentication, else *',
    allowed(
      hostOf,
      '* alone, or local and names such as talus.example, without scheme, port and path',
    ),
  ),
  trustProxy: parsed(
    'trust-proxy LIST',
    '',
    'addresses or ranges of proxies whose X-Forwarded-For is trusted, comma-separated; also loopback, linklocal, uniquelocal',
    listed(proxyOf, `addresses or ranges such as 10.0.0.0/8, or ${PRESETS.join(', ')}`),
  ),
  basePath: parsed(
    'base-path PATH',
    '',
    'path of this server behind a proxy that does not remove the path, such as /talus; requests without it are accepted too',
    { parse: basePathOf, expected: 'a path such as /talus' },
  ),
  tlsCert: text(
    'tls-cert FILE',
    undefined,
    'certificate chain, PEM; enables HTTPS; reloaded on SIGHUP and every hour',
  ),
  tlsKey: text('tls-key FILE', undefined, 'private key of the certificate, PEM'),
}

export type NetworkSettings = {
  /** Undefined: as is right for where the server listens. */
  corsOrigins: AllowedNames | undefined
  allowedHosts: AllowedNames | undefined
  trustProxy: readonly string[]
  /** Null: plain HTTP. */
  tls: CertificateFiles | null
  basePath: string
}

function tlsOf(cert = '', key = ''): Result<CertificateFiles | null> {
  const { tlsCert, tlsKey } = NETWORK
  if (cert === '' && key === '') return ok(null)
  if (cert === '') return invalid(tlsCert, cert, `a file, as --${tlsKey.flag} is given`)
  if (key === '') return invalid(tlsKey, key, `a file, as --${tlsCert.flag} is given`)
  const read = readCertificate({ cert, key })
  if (read.ok) return ok({ cert, key })
  const { file, expected } = read.problem
  return file === 'cert' ? invalid(tlsCert, cert, expected) : invalid(tlsKey, key, expected)
}

export function readNetwork(given: Given): Result<NetworkSettings> {
  const read = readGroup(NETWORK, given)
  if (!read.ok) return read
  const { tlsCert, tlsKey, ...settings } = read.value
  const tls = tlsOf(tlsCert, tlsKey)
  return tls.ok ? ok({ ...settings, tls: tls.value }) : tls
}
