import {
  ANY_ROUTE_ERRORS,
  check,
  ErrorEnvelope,
  ERRORS,
  ROUTES,
  type ErrorCode,
} from '@talus/protocol'
import type { Exchange } from './http-exchange.js'
import type { RestRequest } from './rest-requests.js'

const FAULTS: readonly ErrorCode[] = ['INTERNAL_ERROR', 'STORAGE_UNAVAILABLE', 'OVERLOADED']

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** A path or method that is no longer quite the route's may be no route at all. */
function codesFor({ route, strayed, outgoing }: RestRequest): readonly ErrorCode[] {
  const declared = [...ROUTES[route].errors, ...ANY_ROUTE_ERRORS].filter(
    (code) => !FAULTS.includes(code),
  )
  const isOdd = strayed || /\/\/|\/(\?|$)|%|\.\.|x{300}/.test(outgoing.path)
  const others = Object.values(ROUTES).flatMap(({ errors }): ErrorCode[] => errors)
  return isOdd ? [...declared, 'NOT_FOUND', ...others] : declared
}

function refusalProblem(request: RestRequest, status: number, body: unknown): string | undefined {
  if (!check(ErrorEnvelope, body).ok) return 'no error envelope'
  const { code } = (body as ErrorEnvelope).error
  if (ERRORS[code].status !== status) return `status ${status} for ${code}`
  return codesFor(request).includes(code) ? undefined : `${code} is not declared`
}

/** What is wrong with an answer by the contract; undefined when nothing is. */
export function verdictOn(request: RestRequest, answer: Exchange): string | undefined {
  if (answer.kind !== 'answer') return answer.kind
  const { method } = request.outgoing
  const { status, body } = answer
  // Other requests of the attack give and take roles; whoever is read for meanwhile asks again.
  if (status === 503 && body.includes('The role has changed meanwhile')) return undefined
  if (status >= 500) return `status ${status}`
  // Neither has a body by its nature, OPTIONS is answered by CORS, and a packed body is not read.
  if (answer.headers['content-encoding'] !== undefined) return undefined
  if (method === 'HEAD' || method === 'OPTIONS' || status === 304) return undefined
  const value = parsed(body)
  if (value === undefined) return 'no JSON'
  if (status >= 400) return refusalProblem(request, status, value)
  if (request.strayed) return undefined
  const { response, status: expected } = ROUTES[request.route]
  if (status !== expected) return `status ${status} in place of ${expected}`
  // A file that was imported in another shape comes back as it was written (rule FILE1).
  if (request.route === 'ExportProject') return undefined
  const checked = check(response, value)
  return checked.ok ? undefined : checked.error.message
}
