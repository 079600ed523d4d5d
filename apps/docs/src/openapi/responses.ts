import type { Components } from '../components.js'
import type { Contract, ErrorInfo, Route } from '../contract.js'

/** What the body of a refusal looks like, by code. */
export function refusalExamples(errors: Record<string, ErrorInfo>): object {
  return Object.fromEntries(
    Object.entries(errors).map(([code, { retryable, description }]) => {
      const error = { code, message: description, retryable }
      return [code, { summary: description, value: { success: false, error } }]
    }),
  )
}

/** The codes that share a status share a response. */
function refusal(codes: string[]): object {
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])
  return {
    description: codes.join(', '),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/ErrorEnvelope' },
        examples: Object.fromEntries(examples),
      },
    },
  }
}

function refusalsOf({ errors, rest }: Contract, route: Route): [string, object][] {
  const codes = [...new Set([...rest.any_route_errors, ...route.errors])]
  const statusOf = (code: string) => `${errors[code]?.status}`
  const statuses = [...new Set(codes.map(statusOf))]
  return statuses.map((status) => [
    status,
    refusal(codes.filter((code) => statusOf(code) === status)),
  ])
}

const ETAG = { headers: { ETag: { description: 'Epoch and seq.', schema: { type: 'string' } } } }

/** The responses of a route by status: its success, and its refusals by the status of their code. */
export function responsesOf(
  components: Components,
  contract: Contract,
  { type, route }: { type: string; route: Route },
): object {
  const { status, response, example, etag } = route
  const success = {
    description: 'Success',
    ...(etag ? ETAG : {}),
    content: {
      'application/json': {
        schema: components.refer(`${type}Response`, response),
        example: example.response,
      },
    },
  }
  const unchanged = { description: 'The client has it already.', ...ETAG }
  return {
    [status]: success,
    ...(etag ? { 304: unchanged } : {}),
    ...Object.fromEntries(refusalsOf(contract, route)),
  }
}
