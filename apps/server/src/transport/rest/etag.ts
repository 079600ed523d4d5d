import type { FastifyReply } from 'fastify'

/** Weak: the same graph in gzip, or under a project that was deleted meanwhile, has other bytes. */
export function etag(epoch: string, seq: number): string {
  return `W/"${epoch}:${seq}"`
}

function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, '')
}

/** Says which version a success is. A refusal has none: it is not to be kept. */
export function nameVersion(reply: FastifyReply, tag: string): void {
  // Kept by the client, but not shown again without asking.
  void reply.header('etag', tag).header('cache-control', 'private, no-cache')
}

/** Whether the client has this version already; then it was told so, with 304 (rule READ2). */
export function isUnchanged(reply: FastifyReply, tag: string): boolean {
  const known = reply.request.headers['if-none-match']
  const tags = known?.split(',').map(opaque) ?? []
  if (!tags.includes('*') && !tags.includes(opaque(tag))) return false
  nameVersion(reply, tag)
  void reply.status(304).send()
  return true
}
