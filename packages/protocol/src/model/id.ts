import Type, { type Static } from 'typebox'

// `__proto__` is inside the alphabet, and a plain object cannot hold it as a key of its own.
const ID = '^(?!__proto__$)[A-Za-z0-9._:-]{1,128}$'
const KEY = '^(?!__proto__$)[^\\u0000-\\u001f\\u007f]{1,256}$'

/** 1 to 128 of `A-Z a-z 0-9 . _ : -` (rule JOIN2). */
export const SessionId = Type.String({
  pattern: ID,
  description: 'Session id: 1 to 128 of A-Z a-z 0-9 . _ : -',
})
export type SessionId = Static<typeof SessionId>

export const NodeId = Type.String({
  pattern: ID,
  description: 'Node id: 1 to 128 of A-Z a-z 0-9 . _ : -',
})
export type NodeId = Static<typeof NodeId>

/** Chosen by the caller to make a retry safe (rule IDEM1), else by the server. */
export const CommandId = Type.String({
  pattern: ID,
  description: 'Command id: 1 to 128 of A-Z a-z 0-9 . _ : -',
})
export type CommandId = Static<typeof CommandId>

export const ProjectId = Type.String({
  pattern: ID,
  description: 'Project id: 1 to 128 of A-Z a-z 0-9 . _ : -',
})
export type ProjectId = Static<typeof ProjectId>

/** A name to show: any text without control characters. */
export const ProjectName = Type.String({
  pattern: '^[^\\u0000-\\u001f\\u007f]{1,1024}$',
  description: 'Project name: 1 to 1,024 characters, no control characters',
})
export type ProjectName = Static<typeof ProjectName>

export const TemplateId = Type.String({
  pattern: ID,
  description: 'Template id, its file name: 1 to 128 of A-Z a-z 0-9 . _ : -',
})
export type TemplateId = Static<typeof TemplateId>

export const ActorId = Type.String({
  pattern: KEY,
  description: 'Id of a person or program: 1 to 256 characters, no control characters',
})
export type ActorId = Static<typeof ActorId>

/** A blueprint's node type, by its `id` or its `uuid` (rule TREE2). */
export const BlueprintTypeId = Type.String({
  pattern: KEY,
  description:
    'Node type of the blueprint, by id or uuid: 1 to 256 characters, no control characters',
})
export type BlueprintTypeId = Static<typeof BlueprintTypeId>

/** A blueprint's property, by its `id` or its `uuid` (rule TREE2). */
export const PropertyId = Type.String({
  pattern: KEY,
  description:
    'Property of the node type, by id or uuid, `name` for the name of the node: 1 to 256 characters, no control characters',
})
export type PropertyId = Static<typeof PropertyId>
