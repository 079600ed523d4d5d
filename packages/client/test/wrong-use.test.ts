import { afterAll, expect, test } from 'vitest'
import { connect, rest } from '../src/index.js'

const client = connect('http://127.0.0.1:9')
afterAll(() => client.close())

const anything = (value: unknown) => value as never

test.each([
  ['localhost:5000', "'localhost:5000' is no address of a server"],
  ['nonsense', "'nonsense' is no address of a server"],
  ['http://ada:secret@localhost', 'expected one such as'],
  ['http://localhost/?session=s', 'such as http://localhost:5000 or https://host/talus'],
])('connect(%s) says what it expects', (url, message) => {
  expect(() => connect(url)).toThrow(message)
})

test('connect names the option that is wrong', () => {
  const url = 'http://127.0.0.1:9'
  expect(() => connect(url, { ackTimeoutMs: 0 })).toThrow('ackTimeoutMs is 0: expected')
  expect(() => connect(url, { totalTimeoutMs: Infinity })).toThrow('totalTimeoutMs is Infinity')
  expect(() => connect(url, { reconnect: { minDelayMs: anything('1') } })).toThrow(
    'reconnect.minDelayMs is 1: expected milliseconds',
  )
})

test.each([
  [{ path: '/talus' }, 'There is no option path; there are actor, token, shareToken, store, '],
  [{ tokn: 'x' }, 'There is no option tokn'],
  [{ reconnect: { maxDelay: 5 } }, 'There is no option maxDelay; there are minDelayMs, maxDelayMs'],
])('options that there are not are refused: %j', (options, message) => {
  expect(() => connect('http://127.0.0.1:9', anything(options))).toThrow(message)
})

test('rest() refuses unknown options as well', () => {
  const options = anything({ timeout: 5 })
  const message =
    'There is no option timeout; there are actor, token, shareToken, guestToken, signal, timeoutMs'
  expect(() => rest('http://127.0.0.1:9', options)).toThrow(message)
})

test.each([
  ['actor', 5, 'an id, or { id, name? }, not empty'],
  ['actor', '', 'an id, or { id, name? }, not empty'],
  ['actor', { name: 'Ada' }, 'an id, or { id, name? }, not empty'],
  ['token', 5, 'a string or a function'],
  ['store', {}, 'a CommandStore'],
  ['transports', ['tcp'], "'websocket', 'polling' or both"],
  ['transports', [], "'websocket', 'polling' or both"],
])('an option %s of %j is refused', (name, value, expected) => {
  const options = anything({ [name]: value })
  const message = `The option ${name} is wrong: expected ${expected}`
  expect(() => connect('http://127.0.0.1:9', options)).toThrow(message)
})

test('on says which events there are', () => {
  expect(() => client.on(anything('connected'), () => {})).toThrow(
    "A client has no event 'connected'; it has status, reconnect, progress, error",
  )
  expect(() => client.on('status', anything(undefined))).toThrow("on('status') expects a function")
})

test('join wants an id', async () => {
  const expected = 'join() expects the id of a session, 1 to 128 of A-Z a-z 0-9 . _ : -, not '
  await expect(client.join('')).rejects.toThrow(`${expected}""`)
  await expect(client.join('has space')).rejects.toThrow(`${expected}"has space"`)
  await expect(client.join('x'.repeat(129))).rejects.toThrow(expected)
  await expect(client.join(anything(5))).rejects.toThrow(TypeError)
})
