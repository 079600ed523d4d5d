import Type, { type Static } from 'typebox'
import { TemplateId } from './id.js'
import { RoleSchema } from './member.js'

/** Names the content of a template: another one when anything in it is edited. */
export const TemplateDigest = Type.String({
  pattern: '^[0-9a-f]{32}$',
  description:
    'Names the content of a template. A session obeys the template as it was when the session was opened; where its digest is another one than that of the template, the template was edited since',
})
export type TemplateDigest = Static<typeof TemplateDigest>

export const TemplateInfo = Type.Object({
  template_id: TemplateId,
  name: Type.String(),
  description: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  uuid: Type.Optional(Type.String()),
  digest: Type.Optional(TemplateDigest),
  node_types: Type.Integer({ minimum: 0, description: 'How many node types it has' }),
})
export type TemplateInfo = Static<typeof TemplateInfo>

/** One thing wrong with a template, and where. */
export const TemplateIssue = Type.Object({
  path: Type.String({ description: 'JSON pointer into the template' }),
  node_type: Type.Optional(Type.String()),
  property: Type.Optional(Type.String()),
  reason: Type.String(),
})
export type TemplateIssue = Static<typeof TemplateIssue>

/** The least roles for a property; `create` is for giving it to a new node. */
const PropertyAccess = Type.Object({
  property: Type.String(),
  create: RoleSchema,
  change: RoleSchema,
  see: RoleSchema,
})

/** The least roles for the nodes of a type, with what is declared and what follows (rule ACC1). */
export const TypeAccess = Type.Object({
  node_type: Type.String(),
  create: RoleSchema,
  change: RoleSchema,
  see: RoleSchema,
  properties: Type.Array(PropertyAccess),
})
export type TypeAccess = Static<typeof TypeAccess>

/** `errors` make a template unusable; `warnings` do not. */
export const TemplateReport = Type.Object({
  valid: Type.Boolean(),
  errors: Type.Array(TemplateIssue),
  warnings: Type.Array(TemplateIssue),
  access: Type.Optional(
    Type.Array(TypeAccess, { description: 'The rules of access, where a valid template has any' }),
  ),
})
export type TemplateReport = Static<typeof TemplateReport>
