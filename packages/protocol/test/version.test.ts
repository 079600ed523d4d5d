import { expect, test } from 'vitest'
import { isSupportedVersion, MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../src/index.js'

const VERSIONS: [version: string, supported: boolean][] = [
  [MIN_PROTOCOL_VERSION, true],
  [PROTOCOL_VERSION, true],
  // A minor version only adds, so a newer client finds all that this server has.
  ['1.2', true],
  ['1.3', true],
  ['1.9999', true],
  ['0.9', false],
  ['2.0', false],
  ['', false],
  ['1', false],
  ['1.', false],
  ['.1', false],
  ['1.0.0', false],
  ['v1.0', false],
  [' 1.0', false],
  ['1.0\n', false],
  ['-1.0', false],
  ['1e3.0', false],
  ['1.10000', false],
  ['١.٠', false],
]

test.each(VERSIONS)('[VER1] version %j is supported: %s', (version, supported) => {
  expect(isSupportedVersion(version)).toBe(supported)
})
