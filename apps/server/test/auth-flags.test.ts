import { expect, test } from 'vitest'
import { readConfig } from '../src/config/config.js'
import { SECRET } from './tokens.js'

function messageOf(...args: string[]): string {
  const config = readConfig(args, {})
  if (config.ok) throw new Error('accepted')
  return config.error.message
}

const OPEN_TO_ALL = ['--host', '0.0.0.0']

test('[AUTH1] beyond loopback only with authentication, or with --insecure', () => {
  expect(messageOf(...OPEN_TO_ALL)).toContain('--host')
  expect(readConfig([...OPEN_TO_ALL, '--insecure'], {})).toMatchObject({ ok: true })
  const config = readConfig(OPEN_TO_ALL, { TALUS_JWT_SECRET: SECRET })
  const keys = { kind: 'secret', secret: SECRET }
  expect(config).toMatchObject({ ok: true, value: { auth: { keys, algorithms: ['HS256'] } } })
})

test('[AUTH1] without a source of keys there is no authentication', () => {
  expect(readConfig([], {})).toMatchObject({ ok: true, value: { auth: null } })
})

test.each([
  ['a short secret, which is not repeated', ['--jwt-secret', 'short'], '32 bytes'],
  ['two sources', ['--jwt-secret', SECRET, '--jwks-url', 'https://a.test/k'], 'one source of keys'],
  [
    'a public key that is not there',
    ['--jwt-public-key', '/nowhere.pem'],
    'a file that can be read',
  ],
  ['a JWKS over http', ['--jwks-url', 'http://a.test/keys'], 'an https URL'],
  ['a JWKS that is no URL', ['--jwks-url', 'keys'], 'an https URL'],
  ['no algorithm', ['--jwt-secret', SECRET, '--jwt-algorithms', 'none'], 'some of HS256'],
  ['one for other keys', ['--jwt-secret', SECRET, '--jwt-algorithms', 'RS256'], 'some of HS256'],
  [
    'a secret algorithm for keys',
    ['--jwks-url', 'https://a.test/k', '--jwt-algorithms', 'HS256'],
    'some of RS256',
  ],
  ['much tolerance', ['--jwt-secret', SECRET, '--jwt-clock-tolerance', '301'], 'from 0 to 300'],
  ['an issuer without keys', ['--jwt-issuer', 'us'], 'nothing without'],
  ['administrators without keys', ['--admins', 'ann'], 'nothing without'],
])('[AUTH2] %s: refused at the start', (_, args, expected) => {
  const message = messageOf(...args)
  expect(message).toContain(expected)
  expect(message).not.toContain("'short'")
})
