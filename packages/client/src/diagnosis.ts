import type { Failure } from './failed-attempt.js'
import type { Base } from './options.js'

// Only types are imported: what the rest of the package has would become a part of its own.

/** How long the server may take to answer a question about itself. */
const PATIENCE_MS = 5_000

const CODES: [RegExp, string][] = [
  [
    /Session ID unknown/,
    'the balancer does not keep long polling on one server; it needs sticky sessions there, or WebSocket',
  ],
  [/ECONNREFUSED/, 'nothing listens there; is the server running, and is this its port?'],
  [/ENOTFOUND|EAI_AGAIN/, 'no such host is known to DNS'],
  [/EHOSTUNREACH|ENETUNREACH|ENETDOWN/, 'the network has no way to this host'],
  [/ETIMEDOUT/, 'the host does not answer'],
  [/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/, 'the certificate of the server is not trusted'],
  [/EPROTO|ERR_SSL|wrong version number/, 'the server does not speak TLS there; is it http?'],
  [/ECONNRESET|EPIPE|socket hang up/, 'the connection was broken off'],
  [/Parse Error|HPE_/, 'what answers there does not speak HTTP; is this its port?'],
]

const STATUSES: Record<number, string> = {
  401: 'something in front of the server wants a login',
  403: 'the server, or something in front of it, does not allow this',
  404: 'there is no Talus server at this address; is a path missing, or does a proxy not pass it on?',
  407: 'a proxy wants a login',
  413: 'something in front of the server takes no messages of this size',
  421: 'the server does not know itself by this name; see --allowed-hosts',
  426: 'something in front of the server does not pass WebSocket on',
  429: 'too many attempts',
  502: 'a proxy does not reach the server',
  503: 'the server, or a proxy, is not ready',
  504: 'a proxy gets no answer from the server',
  511: 'the network wants a login',
}

function wordsOfStatus(status: number): string {
  const redirected = status >= 300 && status < 400
  const what = redirected ? 'the server is at another address' : STATUSES[status]
  return `HTTP ${status}${what === undefined ? '' : `: ${what}`}`
}

/** What somebody who is no Talus server says of himself. */
const titleOf = (page: string) => /<title>([^<]{1,80})/i.exec(page)?.[1]?.trim()

async function ask(url: string, init: RequestInit = {}): Promise<Response | 'silence' | undefined> {
  const gone = new AbortController()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    gone.abort()
  }, PATIENCE_MS)
  try {
    // Not 'no-store': the fetch of React Native adds a parameter to the address for it.
    return await fetch(url, { ...init, cache: 'reload', signal: gone.signal })
  } catch {
    return isLate ? 'silence' : undefined
  } finally {
    clearTimeout(timer)
  }
}

const isTalus = (text: string) => text.includes('"protocol_version"')

/** Browsers do not tell why nothing came; what else can be asked shows it. */
async function askAround({ url, origin }: Base, health: string): Promise<string> {
  const page = globalThis.location
  if (page?.protocol === 'https:' && url.startsWith('http:')) {
    return 'a page of https may not connect to http'
  }
  if (globalThis.navigator?.onLine === false) return 'the browser has no network'
  const answer = await ask(url + health)
  if (answer === 'silence') return 'the server accepts connections and does not answer'
  if (answer) {
    // Cut off, it is no answer of a Talus server.
    const text = await answer.text().catch(() => '')
    if (isTalus(text)) {
      return 'the server answers, but not at /socket.io/; does a proxy pass that on?'
    }
    const title = titleOf(text)
    const said = title === undefined ? '' : `, '${title}'`
    if (!answer.ok) return `${wordsOfStatus(answer.status)}${said}`
    return `what answers is not a Talus server${said}`
  }
  // Without a look at the answer this works wherever there is one.
  if (page && page.origin !== origin && (await ask(url + health, { mode: 'no-cors' }))) {
    return `the server does not allow pages of ${page.origin} (CORS); see --cors-origins`
  }
  return page
    ? 'the browser does not say why: there is no such host, nothing listens there, or its certificate is not trusted'
    : ''
}

/** Says why no attempt led to a connection, as well as can be found out. */
export async function diagnose(
  base: Base,
  failures: readonly Failure[],
  health: string,
): Promise<string> {
  for (const { text } of failures) {
    const known = CODES.find(([pattern]) => pattern.test(text))
    if (known) return known[1]
  }
  const [first, ...others] = failures.map(({ status }) => status)
  // A server that answers over one transport and not over the other is better asked.
  if (first !== undefined && others.every((status) => status !== undefined)) {
    return wordsOfStatus(first)
  }
  return askAround(base, health)
}
