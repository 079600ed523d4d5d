import { createHash, timingSafeEqual } from 'node:crypto'
import { bearerOf } from '../gate/reception.js'

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whether a header `Authorization` carries this token; the time it takes tells nothing of it. */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const given = bearerOf(authorization)
  return given !== undefined && timingSafeEqual(digestOf(given), digestOf(token))
}
