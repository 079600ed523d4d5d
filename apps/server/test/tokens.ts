import { SignJWT } from 'jose'

/** The secret of the servers under test. */
export const SECRET = 'a secret of the tests, long enough'

type Wanted = { name?: string; expires?: number | string; secret?: string; claims?: object }

/** A token as an issuer would sign it; valid for an hour. */
export function tokenFor(sub: string, wanted: Wanted = {}): Promise<string> {
  const { name, expires = '1h', secret = SECRET, claims = {} } = wanted
  return new SignJWT({ ...(name === undefined ? {} : { name }), ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))
}

/** The header that carries a token. */
export async function bearer(sub: string, wanted: Wanted = {}): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await tokenFor(sub, wanted)}` }
}
