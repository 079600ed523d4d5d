import { createHmac } from 'node:crypto'

/** The secret of servers that want to know who somebody is. */
export const SECRET = 'a secret of the tests, long enough'

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** A JSON Web Token as an issuer would sign it. */
export function tokenFor(sub: string): string {
  const signed = `${part({ alg: 'HS256' })}.${part({ sub, exp: Date.now() / 1_000 + 3_600 })}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
