import { recall, remember } from '../account/memory.js'
import { fieldsOf, type Channel } from './contract.js'

/** A request that was sent from this browser. */
export type RecentRequest = {
  channel: Channel
  name: string
  draft: unknown
  session_id: string | undefined
  at: number
}

const MOST = 20

/** Fields that are not stored, because others may use this browser. */
const SECRETS = new Set(['token', 'share_token', 'guest_token'])

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(fieldsOf(value))
      .filter(([name]) => !SECRETS.has(name))
      .map(([name, item]) => [name, withoutSecrets(item)]),
  )
}

export function recentRequests(): RecentRequest[] {
  return recall<RecentRequest[]>('requests') ?? []
}

/** Stores a request as the most recent one, without duplicates. */
export function rememberRequest(request: Omit<RecentRequest, 'at'>): RecentRequest[] {
  const draft = withoutSecrets(request.draft)
  const sameAs = JSON.stringify([request.channel, request.name, draft])
  const others = recentRequests().filter(
    (one) => JSON.stringify([one.channel, one.name, one.draft]) !== sameAs,
  )
  const kept = [{ ...request, draft, at: Date.now() }, ...others].slice(0, MOST)
  remember('requests', kept)
  return kept
}
