import { afterAll, expect, test } from 'vitest'
import { connect } from '../src/index.js'

const client = connect('http://127.0.0.1:9')
afterAll(() => client.close())

const anything = (value: unknown) => value as never

test.each([
  ['localhost:5000', "'localhost:5000' is not an origin"],
  ['nonsense', "'nonsense' is not a URL"],
  ['http://localhost:5000/graph', 'expected the origin of a server, such as http://localhost:5000'],
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
    "A client has no event 'connected'; it has status, reconnect, error",
  )
  expect(() => client.on('status', anything(undefined))).toThrow("on('status') expects a function")
})

test('join wants an id', async () => {
  await expect(client.join('')).rejects.toThrow('join() expects the id of a session')
  await expect(client.join(anything(5))).rejects.toThrow(TypeError)
})
