import type { SecureContextOptions } from 'node:tls'
import { readCertificate, type Certificate, type CertificateFiles } from './certificate.js'

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
