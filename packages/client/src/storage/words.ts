const NO_ROOM = 'there is no room left'
const DENIED = 'access to it is denied here'
const GONE = 'what was stored is gone'

/** What browsers and Node call it, in words. */
const WORDS: Record<string, string> = {
  QuotaExceededError: NO_ROOM,
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  SecurityError: DENIED,
  NotAllowedError: DENIED,
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: 'it is read-only',
  ENOENT: GONE,
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder, not a file',
  EMFILE: 'too many files are open',
  VersionError: 'another version of the application has changed it; reload the page',
  NotFoundError: 'another version of the application has changed it',
}

/** Why a store does not work, as a clause. */
export function wordsOf(cause: unknown): string {
  const { code, name, message } = Object(cause) as {
    code?: unknown
    name?: string
    message?: string
  }
  return WORDS[String(code)] ?? WORDS[name ?? ''] ?? message ?? String(cause)
}

export function isFull(cause: unknown): boolean {
  return wordsOf(cause) === NO_ROOM
}
