// Apart from the other errors: the threads of the journal need nothing of the contract.

/** The storage failed or is not there. Whatever was being written is not durable. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
}

/** What is stored is not as it was written. To try again changes nothing. */
export class DamagedError extends StorageError {}
