import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'

/** Where a certificate chain and its private key are, both PEM. */
export type CertificateFiles = { cert: string; key: string }

/** The contents of the two files; they belong together. */
export type Certificate = { cert: string; key: string }

type Problem = { file: 'cert' | 'key'; expected: string }

type ReadCertificate = { ok: true; value: Certificate } | { ok: false; problem: Problem }

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    // Whoever asks says what was expected in its place.
    return undefined
  }
}

function problem(file: Problem['file'], expected: string): ReadCertificate {
  return { ok: false, problem: { file, expected } }
}

/** Reads a certificate with its key. What is wrong with them is told without showing either. */
export function readCertificate(files: CertificateFiles): ReadCertificate {
  const cert = attempt(() => readFileSync(files.cert, 'utf8'))
  if (cert === undefined) return problem('cert', 'a file that can be read')
  const key = attempt(() => readFileSync(files.key, 'utf8'))
  if (key === undefined) return problem('key', 'a file that can be read')
  const certificate = attempt(() => new X509Certificate(cert))
  if (!certificate) return problem('cert', 'a certificate in PEM')
  const privateKey: KeyObject | undefined = attempt(() => createPrivateKey(key))
  if (!privateKey) return problem('key', 'a private key in PEM, without a passphrase')
  if (!certificate.checkPrivateKey(privateKey)) {
    return problem('key', `the key of the certificate in ${files.cert}`)
  }
  return { ok: true, value: { cert, key } }
}

/** The same for files that could be read when the server started. Throws when they cannot now. */
export function loadCertificate(files: CertificateFiles): Certificate {
  const read = readCertificate(files)
  if (read.ok) return read.value
  throw new Error(`${files[read.problem.file]}: expected ${read.problem.expected}`)
}

type Log = {
  info: (fields: object, message: string) => void
  error: (fields: object, message: string) => void
}

/** What of an HTTPS server renewal needs. */
type Secured = { setSecureContext: (options: SecureContextOptions) => void }

/** What new connections are secured with. Older versions of TLS are broken. */
export function secureContext({ cert, key }: Certificate): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' }
}

/**
 * Gives a function that looks at the files again. A new certificate counts for every later
 * connection; what cannot be used is logged, and the one before stays.
 */
export function renewing(
  server: Secured,
  { files, current, log }: { files: CertificateFiles; current: Certificate; log: Log },
): () => void {
  let known = current
  return () => {
    const read = readCertificate(files)
    if (!read.ok) {
      log.error({ files, ...read.problem }, 'the certificate cannot be renewed; the old one stays')
      return
    }
    const { cert, key } = read.value
    if (cert === known.cert && key === known.key) return
    server.setSecureContext(secureContext(read.value))
    known = read.value
    log.info({ files }, 'the certificate was renewed')
  }
}

const HOUR_MS = 60 * 60 * 1_000

/** For a certificate that is renewed where nobody can send a signal. */
export function renewHourly(
  renew: () => void,
  { after, isOpen }: { after: (ms: number, work: () => void) => void; isOpen: () => boolean },
): void {
  after(HOUR_MS, () => {
    if (!isOpen()) return
    renew()
    renewHourly(renew, { after, isOpen })
  })
}
