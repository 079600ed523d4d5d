/** The target of a link. */
export type Destination = { session_id: string; share?: string }

/** Reads the id of a session, or the address of its page here, with or without a share token. */
export function destinationOf(text: string): Destination | undefined {
  const given = text.trim()
  const [, route = ''] = given.split('#')
  const [path = '', query = ''] = route.split('?')
  const session = /^\/s\/([^/]+)$/.exec(path)?.[1]
  if (session !== undefined) {
    const share = new URLSearchParams(query).get('share')
    return { session_id: decodeURIComponent(session), ...(share !== null && { share }) }
  }
  return given === '' || /[\s/?#]/.test(given) ? undefined : { session_id: given }
}

/** The address of the page of a session. The token is in the fragment, which is never sent to a server. */
export function addressOf({ session_id, share }: Destination): string {
  const page = new URL('.', location.href).href
  const query = share === undefined ? '' : `?share=${encodeURIComponent(share)}`
  return `${page}#/s/${encodeURIComponent(session_id)}${query}`
}
