import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'

/** Milliseconds that the issuer has to answer. */
const TIMEOUT_MS = 5_000

/** Milliseconds for which an issuer that did not answer is not asked again. */
const PAUSE_MS = 2_000

/** Bytes of a key set: some hundreds of keys. */
const MOST_BYTES = 1024 * 1024

/** Reads no more than is needed to know that it is too much. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES)
      throw new errors.JWKSInvalid(`The key set has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * The public keys of an issuer, fetched when a token names one that is not known, and again after
 * ten minutes: a key that the issuer has withdrawn counts no longer then. An issuer that does not
 * answer is left alone for a moment: the same error is thrown again, however many tokens come.
 */
export function remoteKeys(url: string, clock: () => number): JWTVerifyGetKey {
  let failed: { at: number; err: unknown } | undefined

  async function fetchKeys(...[from, options]: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetch(from, options)
    if (response.status === 200) return new Response(await textOf(response))
    await response.body?.cancel()
    return response
  }

  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: async (from, options) => {
      // A clock may jump either way.
      if (failed && Math.abs(clock() - failed.at) < PAUSE_MS) throw failed.err
      failed = undefined
      return fetchKeys(from, options)
    },
  })

  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (err) {
      if (!failed && isOutage(err)) failed = { at: clock(), err }
      throw err
    }
  }
}

/** Whether the keys could not be had, or are none: the token may be as good as any. */
export function isOutage(err: unknown): boolean {
  const codes = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']
  return !(err instanceof errors.JOSEError) || codes.includes(err.code)
}
