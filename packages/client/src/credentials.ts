import { requirePlatform, type Token } from './options.js'

/** Throws a TypeError when a callback gave something else. */
function requireToken(token: unknown): string {
  if (typeof token === 'string' && token !== '') return token
  const given = token === '' ? 'an empty string' : typeof token
  throw new TypeError(`The token callback gave ${given}: expected a token, a string`)
}

/** The secret of one guest of a link: 32 bytes in base64url (rule AUTH11). */
function newGuestToken(): string {
  requirePlatform(['crypto'])
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')
}

/** Where a page may keep something: workers, servers and sandboxed frames have nothing. */
function keptIn(): Storage | undefined {
  try {
    return typeof document === 'undefined' ? undefined : localStorage
  } catch {
    // The browser forbids it: the next reload makes another guest.
    return undefined
  }
}

/** What a guest presents: the same one over connections, and in a page over reloads. */
export type Link = { share_token: string; guest_token: string }

/** A link as the same guest presents it each time, if this page may keep who that is. */
export function linkOf(share_token: string, origin: string, mayKeep: boolean): Link {
  const storage = mayKeep ? keptIn() : undefined
  const key = `talus-guest ${origin} ${share_token}`
  const guest_token = storage?.getItem(key) ?? newGuestToken()
  try {
    storage?.setItem(key, guest_token)
  } catch {
    // It is full: the next reload makes another guest.
  }
  return { share_token, guest_token }
}

/** The token of a client, as its connection and its REST calls share it. */
export class Credentials {
  /**
   * The token, or a callback that is asked one call at a time: whoever asks meanwhile gets the token
   * of that call. However long it takes, it is waited for: somebody may have to log in. Rejects with
   * what the application's callback throws, or a TypeError when it gives no token.
   */
  readonly token: Token | undefined
  /** What the callback gave last. */
  last: string | undefined

  constructor(token: Token | undefined) {
    if (typeof token !== 'function') {
      this.token = token
      return
    }
    const ask = async () => (this.last = requireToken(await token()))
    let asking: Promise<string> | undefined
    this.token = () =>
      (asking ??= ask().finally(() => {
        asking = undefined
      }))
  }
}
