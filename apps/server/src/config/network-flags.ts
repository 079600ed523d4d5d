import { isIP } from 'node:net'
import { ok, type Result } from '@talus/protocol'
import { type CertificateFiles, readCertificate } from '../tls/certificate.js'
import { type Flag, type FlagGroup, type Given, invalid, listOf } from './flag.js'

/** What is let in: all, or what is listed, where `local` stands for what belongs to this machine. */
export type AllowedNames = '*' | readonly string[]

/** Who may reach the server, and over what. */
export type NetworkSettings = {
  /** Origins of the pages that may call; undefined: as is right for where the server listens. */
  corsOrigins: AllowedNames | undefined
  /** Names by which the server may be called, without port. */
  allowedHosts: AllowedNames | undefined
  /** Addresses and ranges of the proxies in front, whose word on addresses counts. */
  trustProxy: readonly string[]
  /** Null: plain HTTP. */
  tls: CertificateFiles | null
  /** The path that a proxy in front leaves in the addresses it passes on; empty: none. */
  basePath: string
}

const FLAGS = {
  corsOrigins: {
    name: 'cors-origins',
    variable: 'TALUS_CORS_ORIGINS',
    fallback: undefined,
    argument: 'LIST',
    help: 'origins of pages that may call, comma-separated; listed ones may send credentials; local: every page of this machine, *: all; default local on loopback without authentication, else *',
  },
  allowedHosts: {
    name: 'allowed-hosts',
    variable: 'TALUS_ALLOWED_HOSTS',
    fallback: undefined,
    argument: 'LIST',
    help: 'host names that the server answers to, comma-separated, in addition to those of this machine; *: all; default local on loopback without authentication, else *',
  },
  trustProxy: {
    name: 'trust-proxy',
    variable: 'TALUS_TRUST_PROXY',
    fallback: undefined,
    argument: 'LIST',
    help: 'addresses or ranges of proxies whose X-Forwarded-For is trusted, comma-separated; also loopback, linklocal, uniquelocal',
  },
  basePath: {
    name: 'base-path',
    variable: 'TALUS_BASE_PATH',
    fallback: undefined,
    argument: 'PATH',
    help: 'path below which a proxy serves this server, such as /talus, if the proxy does not strip it; requests without it are answered too',
  },
  tlsCert: {
    name: 'tls-cert',
    variable: 'TALUS_TLS_CERT',
    fallback: undefined,
    argument: 'FILE',
    help: 'certificate chain, PEM; with it the server speaks HTTPS. Read again on SIGHUP and every hour',
  },
  tlsKey: {
    name: 'tls-key',
    variable: 'TALUS_TLS_KEY',
    fallback: undefined,
    argument: 'FILE',
    help: 'private key of the certificate, PEM',
  },
} as const satisfies Record<string, Flag>

/** Names of this machine, and pages that it serves itself. */
export const LOCAL = 'local'

type ReadItem = (item: string) => string | undefined

/** `*`, or a list of which each item is `local` or can be read. */
function allowedOf(
  flag: Flag,
  given: Given,
  { read, expected }: { read: ReadItem; expected: string },
): Result<AllowedNames | undefined> {
  const actual = given(flag)
  if (actual === '') return ok(undefined)
  if (actual === '*') return ok(actual)
  const items = listOf(flag, given).map((item) => ({
    item,
    value: item === LOCAL ? item : read(item),
  }))
  const wrong = items.find(({ value }) => value === undefined)
  if (wrong) return invalid(flag, wrong.item, expected)
  return ok(items.flatMap(({ value }) => value ?? []))
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

function isProxy(item: string): boolean {
  if (PRESETS.includes(item)) return true
  const [address = '', bits, ...more] = item.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** A number of proxies is refused too: whoever reaches the server past them could claim any. */
function proxiesOf(given: Given): Result<readonly string[]> {
  const items = listOf(FLAGS.trustProxy, given)
  const wrong = items.find((item) => !isProxy(item))
  if (wrong === undefined) return ok(items)
  const expected = `addresses or ranges such as 10.0.0.0/8, or ${PRESETS.join(', ')}`
  return invalid(FLAGS.trustProxy, wrong, expected)
}

function tlsOf(given: Given): Result<CertificateFiles | null> {
  const [cert, key] = [given(FLAGS.tlsCert), given(FLAGS.tlsKey)]
  if (cert === '' && key === '') return ok(null)
  if (cert === '') return invalid(FLAGS.tlsCert, cert, `a file, as --${FLAGS.tlsKey.name} is given`)
  if (key === '') return invalid(FLAGS.tlsKey, key, `a file, as --${FLAGS.tlsCert.name} is given`)
  const read = readCertificate({ cert, key })
  if (read.ok) return ok({ cert, key })
  const { file, expected } = read.problem
  return invalid(
    file === 'cert' ? FLAGS.tlsCert : FLAGS.tlsKey,
    file === 'cert' ? cert : key,
    expected,
  )
}

function basePathOf(given: Given): Result<string> {
  let path = given(FLAGS.basePath)
  while (path.endsWith('/')) path = path.slice(0, -1)
  if (path === '' || /^(\/[\w.~-]+)+$/.test(path)) return ok(path)
  return invalid(FLAGS.basePath, path, 'a path such as /talus')
}

function read(given: Given): Result<NetworkSettings> {
  const corsOrigins = allowedOf(FLAGS.corsOrigins, given, {
    read: originOf,
    expected:
      '* alone, or local, null and origins such as https://app.example:8443, without a path',
  })
  if (!corsOrigins.ok) return corsOrigins
  const allowedHosts = allowedOf(FLAGS.allowedHosts, given, {
    read: hostOf,
    expected: '* alone, or local and names such as talus.example, without scheme, port and path',
  })
  if (!allowedHosts.ok) return allowedHosts
  const trustProxy = proxiesOf(given)
  if (!trustProxy.ok) return trustProxy
  const tls = tlsOf(given)
  if (!tls.ok) return tls
  const basePath = basePathOf(given)
  if (!basePath.ok) return basePath
  return ok({
    corsOrigins: corsOrigins.value,
    allowedHosts: allowedHosts.value,
    trustProxy: trustProxy.value,
    tls: tls.value,
    basePath: basePath.value,
  })
}

export const NETWORK_FLAGS: FlagGroup<NetworkSettings, typeof FLAGS> = {
  title: 'Network',
  flags: FLAGS,
  read,
}
