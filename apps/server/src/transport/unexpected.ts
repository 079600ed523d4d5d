import type { Failure } from '@talus/protocol'
import { StorageError } from '../journal/journal.js'
import type { Faults } from '../observability/faults.js'

/** What a caller is told of an error that nobody expected where it came up. */
export function unexpected(faults: Faults, err: unknown, about: object): Failure {
  return err instanceof StorageError
    ? faults.storage(err, 'The storage does not answer', about)
    : faults.internal(err, 'a request failed', about)
}
