import Type from 'typebox'

/** Any value that JSON can carry. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue }

export type JsonObject = { [key: string]: JsonValue }

export const JsonValue = Type.Unsafe<JsonValue>({ description: 'Any JSON value' })

export const JsonObject = Type.Unsafe<JsonObject>({
  type: 'object',
  description: 'Any JSON object',
})
