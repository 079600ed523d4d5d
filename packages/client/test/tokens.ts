import { createHmac } from 'node:crypto'

/** The secret of servers that want to know who somebody is. */
export const SECRET = 'a secret of the tests, long enough'

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** A JSON Web Token as an issuer would sign it, for so many seconds. */
export function tokenFor(sub: string, seconds = 3_600, claims: object = {}): string {
  const exp = Date.now() / 1_000 + seconds
  const signed = `${part({ alg: 'HS256' })}.${part({ sub, exp, ...claims })}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
