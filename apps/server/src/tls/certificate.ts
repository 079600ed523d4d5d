import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Where a certificate chain and its private key are, both PEM. */
export type CertificateFiles = { cert: string; key: string }

/** The contents of the two files; they belong together. */
export type Certificate = { cert: string; key: string }

type Problem = { file: 'cert' | 'key'; expected: string }

type Read = { ok: true; value: Certificate } | { ok: false; problem: Problem }

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function problem(file: Problem['file'], expected: string): Read {
  return { ok: false, problem: { file, expected } }
}

/** Reads a certificate with its key. What is wrong with them is told without showing either. */
export function readCertificate(files: CertificateFiles): Read {
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
