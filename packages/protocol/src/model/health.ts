import Type, { type Static } from 'typebox'

/** The process lives. */
export const Health = Type.Object({
  status: Type.Literal('ok'),
  protocol_version: Type.String(),
  min_protocol_version: Type.String(),
  contract_hash: Type.String({ description: 'SHA-256 of contract.json, hex' }),
  server_version: Type.String(),
  uptime_seconds: Type.Number({ minimum: 0 }),
})
export type Health = Static<typeof Health>
