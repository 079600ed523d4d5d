import { API_PREFIX, type GraphState, type RouteResponse } from '@talus/protocol'
import { asErrorBody, TalusError } from './errors.js'

async function fetched(url: URL, signal: AbortSignal): Promise<{ ok: boolean; body: unknown }> {
  try {
    const response = await fetch(url, { signal })
    return { ok: response.ok, body: await response.json() }
  } catch (cause) {
    if (signal.reason instanceof TalusError) throw signal.reason
    const message = `No answer from ${url.origin}`
    throw new TalusError({ code: 'UNREACHABLE', message, retryable: true }, { cause })
  }
}

/** `GET /api/v1/graph`: the whole graph of a session. Rejects with a TalusError. */
export async function getGraph(
  origin: string,
  sessionId: string,
  signal: AbortSignal,
): Promise<GraphState> {
  const url = new URL(`${API_PREFIX}/graph`, origin)
  url.searchParams.set('session_id', sessionId)
  const { ok, body } = await fetched(url, signal)
  if (ok) return body as RouteResponse<'GetGraph'>
  const reason = asErrorBody((body as { error?: unknown } | null)?.error)
  const message = `Unexpected answer from ${url.origin}`
  throw new TalusError(reason ?? { code: 'INTERNAL_ERROR', message, retryable: true })
}
