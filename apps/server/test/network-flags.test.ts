import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readConfig, warningsOf } from '../src/config/config.js'
import { SECRET } from './tokens.js'

const file = (name: string) => fileURLToPath(new URL(`fixtures/tls/${name}`, import.meta.url))
const TLS = ['--tls-cert', file('one.cert.pem'), '--tls-key', file('one.key.pem')]
const PUBLIC = ['--host', '0.0.0.0']
const AUTH = ['--jwt-secret', SECRET]

function config(...args: string[]) {
  const read = readConfig(args, {})
  if (!read.ok) throw new Error(read.error.message)
  return read.value
}

test('[DOOR1] [DOOR2] where nobody is authenticated, only this machine is let in', () => {
  const local = { corsOrigins: ['local'], allowedHosts: ['local'] }
  const open = { corsOrigins: '*', allowedHosts: '*' }
  expect(config().network).toMatchObject(local)
  expect(config('--host', '::1').network).toMatchObject(local)
  expect(config(...AUTH).network).toMatchObject(open)
  expect(config(...PUBLIC, '--insecure').network).toMatchObject(open)
  expect(config(...AUTH, '--cors-origins', 'local').network).toMatchObject({
    corsOrigins: ['local'],
    allowedHosts: '*',
  })
})

test('[DOOR1] origins are read as browsers write them', () => {
  const given = 'HTTPS://App.Example:443, http://[::1]:8080,tauri://localhost, local, null'
  expect(config('--cors-origins', given).network.corsOrigins).toEqual([
    'https://app.example',
    'http://[::1]:8080',
    'tauri://localhost',
    'local',
    'null',
  ])
})

const INVALID: [flag: string, value: string, expected: string][] = [
  ...[
    'ours.example',
    'https://ours.example/',
    'https://ours.example/app',
    'https://*.example',
    'https://a@ours.example',
    'https://ours.example:99999',
    'https://',
    'https://a.test?x',
  ].map((value): [string, string, string] => ['--cors-origins', value, 'without a path']),
  ...['http://talus.example', 'talus.example:5000', 'talus.example/x', '-', '*.example'].map(
    (value): [string, string, string] => ['--allowed-hosts', value, 'names such as'],
  ),
  ...['true', '1', '10.0.0.0/33', '10.0.0', '::/129', 'proxy.example', '10.0.0.0/8/8'].map(
    (value): [string, string, string] => ['--trust-proxy', value, 'addresses or ranges'],
  ),
]

test.each(INVALID)('[DOOR1] %s %s is refused at the start', (flag, value, expected) => {
  const read = readConfig([`${flag}=${value}`], {})
  expect(read).toMatchObject({ ok: false })
  const message = read.ok ? '' : read.error.message
  for (const part of [flag, `'${value}'`, expected]) expect(message).toContain(part)
})

test('[DOOR1] one wrong item of a list is named', () => {
  const read = readConfig(['--cors-origins', 'https://a.test,*'], {})
  expect(read).toMatchObject({ error: { message: expect.stringContaining("'*'") } })
})

test('proxies are addresses, ranges, and names of ranges', () => {
  const given = '10.1.2.3, 10.0.0.0/8, ::1, fd00::/8, loopback, uniquelocal'
  expect(config('--trust-proxy', given).network.trustProxy).toEqual(given.split(', '))
})

describe('a certificate is refused at the start', () => {
  test.each([
    ['without its key', TLS.slice(0, 2), '--tls-key', 'a file, as --tls-cert is given'],
    ['a key alone', TLS.slice(2), '--tls-cert', 'a file, as --tls-key is given'],
    [
      'that is not there',
      ['--tls-cert', '/nowhere.pem', ...TLS.slice(2)],
      '--tls-cert',
      'a file that can be read',
    ],
    [
      'whose key is not there',
      [...TLS.slice(0, 2), '--tls-key', '/nowhere.pem'],
      '--tls-key',
      'a file that can be read',
    ],
    [
      'that is none',
      ['--tls-cert', file('one.key.pem'), ...TLS.slice(2)],
      '--tls-cert',
      'a certificate in PEM',
    ],
    [
      'whose key is none',
      [...TLS.slice(0, 2), '--tls-key', file('one.cert.pem')],
      '--tls-key',
      'a private key in PEM',
    ],
    [
      'with the key of another',
      [...TLS.slice(0, 2), '--tls-key', file('other.key.pem')],
      '--tls-key',
      'the key of the certificate',
    ],
  ])('%s', (_title, args, flag, expected) => {
    const read = readConfig(args, {})
    const message = read.ok ? '' : read.error.message
    expect(message).toContain(flag)
    expect(message).toContain(expected)
  })
})

test('what may not be meant is said at the start', () => {
  const warnings = (...args: string[]) => warningsOf(config(...args)).join()
  expect(warnings(...AUTH)).toBe('')
  expect(warnings(...AUTH, ...PUBLIC)).toContain('plain text')
  expect(warnings(...AUTH, ...PUBLIC, ...TLS)).toBe('')
  expect(warnings(...AUTH, ...PUBLIC, '--trust-proxy', 'loopback')).toBe('')
  expect(warnings()).toContain('Development mode')
  expect(warnings(...PUBLIC, '--insecure')).toContain('everybody who can reach 0.0.0.0')
  const jwks = ['--jwks-url', 'https://issuer.example/keys']
  expect(warnings(...jwks)).toContain('--jwt-audience')
  expect(warnings(...jwks, '--jwt-audience', 'talus')).toBe('')
})

test('metrics that are open beyond this machine are warned of', () => {
  const beyond = ['--metrics-port', '9464', '--metrics-host', '0.0.0.0']
  const said = (...args: string[]) => warningsOf(config(...AUTH, ...args)).join(' ')
  expect(said(...beyond)).toContain('TALUS_METRICS_TOKEN')
  expect(said(...beyond, '--metrics-token', 'long enough'.repeat(2).replaceAll(' ', '-'))).toBe('')
  expect(said('--metrics-port', '9464')).toBe('')
})

test('a token of the metrics that can be guessed is refused, and not repeated', () => {
  const read = readConfig(['--metrics-token', 'short'], {})
  expect(read).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
  expect(JSON.stringify(read)).toContain('--metrics-token')
  expect(JSON.stringify(read)).not.toContain('short')
})

test('a base path is a path, with or without a slash at its end', () => {
  expect(config().network.basePath).toBe('')
  expect(config('--base-path', '/talus/').network.basePath).toBe('/talus')
  expect(config('--base-path', '/a/b.c').network.basePath).toBe('/a/b.c')
  for (const wrong of ['talus', '/a b', 'https://host/talus', '/a?b']) {
    expect(() => config('--base-path', wrong)).toThrow('a path such as /talus')
  }
})
