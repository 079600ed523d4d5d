import { sqliteCode } from './sqlite/errors.js'

/** What failures of a store mean to whoever runs the server: what it is, and what to do. */
const CAUSES: readonly (readonly [codes: RegExp, cause: string, remedy: string])[] = [
  [/^(ENOSPC|EDQUOT|SQLITE_FULL)$/, 'the disk is full', 'make space there'],
  [
    /^(EROFS|SQLITE_READONLY.*)$/,
    'it is read-only',
    'mount it for writing, and see who may write there',
  ],
  [
    /^(EACCES|EPERM|SQLITE_PERM|SQLITE_AUTH)$/,
    'this user may not write there',
    'give it to the user that the server runs as (chown)',
  ],
  [/^(ENOTDIR|EEXIST|EISDIR)$/, 'a file is in the place of a folder', 'move the file away'],
  [
    /^EMOVED$/,
    'its files were deleted, moved or replaced while the server used them',
    'put them back while it runs: it keeps them open, and commands are refused until then',
  ],
  [/^ENOENT$/, 'the folder is not there', 'see whether its disk is mounted'],
  [/^(ENAMETOOLONG|ELOOP)$/, 'the path leads nowhere', 'choose a shorter path without such links'],
  [/^(EMFILE|ENFILE)$/, 'too many files are open', 'raise the limit of open files (ulimit -n)'],
  [/^(EFBIG|SQLITE_TOOBIG)$/, 'the file would be too large', 'choose another file system'],
  [
    /^(EIO|ESTALE|ENOTCONN|ETIMEDOUT|ENXIO|ENODEV|SQLITE_IOERR.*|SQLITE_PROTOCOL|SQLITE_CANTOPEN)$/,
    'the disk or its connection fails',
    'check it; on a network file system the data is not safe',
  ],
  [
    /^(ENOLCK|ENOSYS|EOPNOTSUPP|ENOTSUP|EINVAL)$/,
    'the file system lacks what a database needs, such as locks',
    'put the data on a local disk',
  ],
  [/^(ECONNREFUSED|ECONNRESET|EPIPE|57P0[123]|08\w{3})$/, 'the database does not run', 'start it'],
  [
    /^(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/,
    'the host of the database cannot be reached',
    'check its name and the network',
  ],
  [
    /^(28000|28P01|0L000)$/,
    'the database refuses this user or password',
    'check them, and pg_hba.conf there',
  ],
  [/^3D000$/, 'there is no such database', 'create it (createdb), or check the name'],
  [
    /^53[34]00$/,
    'the database has no connections left',
    'raise max_connections there, or use fewer servers',
  ],
  [/^53100$/, 'the disk of the database is full', 'make space there'],
  [
    /^25006$/,
    'the database takes no changes: it is a standby, or set to read only',
    'name the primary',
  ],
  [
    /^42501$/,
    'this user may not create or change what is needed in the database',
    'give it the right to create (grant create on database), or the schema talus',
  ],
  [/^(57014|55P03)$/, 'the database takes too long', 'see what it waits for (pg_stat_activity)'],
]

/** The code of a failure, of Node, SQLite or PostgreSQL; undefined where it has none. */
export function storageCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = sqliteCode(at) ?? (at as NodeJS.ErrnoException).code
    if (code !== undefined) return code
    const [told] = /\b(?:SQLITE_[A-Z_]+|E[A-Z]{3,})\b/.exec(at.message) ?? []
    if (told !== undefined) return told
  }
  return undefined
}

/** Of a network that does not answer: `connect ETIMEDOUT …`. Of a file, the code comes first. */
const TIMED_OUT = /\b(?:connect|read|write) ETIMEDOUT\b/

function isOfNetwork(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (TIMED_OUT.test(at.message)) return true
  return false
}

function known(error: unknown) {
  const code = storageCode(error)
  const meant = code === 'ETIMEDOUT' && isOfNetwork(error) ? 'ENETUNREACH' : code
  return CAUSES.find(([codes]) => meant !== undefined && codes.test(meant))
}

/** A cause in words, without any path: `the disk is full (ENOSPC)`. */
export function storageCause(error: unknown): string | undefined {
  const code = storageCode(error)
  const [, cause] = known(error) ?? []
  return cause === undefined ? code : `${cause} (${code})`
}

/** The same with what to do; undefined where it is not known. */
export function storageAdvice(error: unknown): string | undefined {
  const code = storageCode(error)
  const [, cause, remedy] = known(error) ?? []
  return cause === undefined ? undefined : `${cause} (${code}): ${remedy}`
}
