import type { JsonObject, JsonValue, Role } from '@talus/protocol'

/** One choice of a `select`: a value names it by id, name or uuid. */
export type TemplateOption = {
  /** The name, where the template gives no id. */
  readonly id: string
  /** What people read. */
  readonly name: string
  /** Its uuid; derived where the template gives none. */
  readonly uuid: string
}

/** The least roles for creating something, changing it, and seeing it. */
export type TemplateAccess = {
  /** For a new node of the type; of a property: for giving it to one. */
  readonly create: Role
  /** For changing, moving or deleting it. */
  readonly change: Role
  /** Who is sent it at all. */
  readonly see: Role
}

/** What a template says of one property of a type. */
export type TemplateProperty = {
  /** The name in commands. */
  readonly id: string
  /** Files may name it by this one too. */
  readonly uuid: string
  /** What people read; its id where the template gives none. */
  readonly label: string
  /** `text`, `select`, …; types that are not known here accept any value. */
  readonly type: string
  /** Whether it wants a value. */
  readonly required: boolean
  /** The choices of a `select`; else empty. */
  readonly options: readonly TemplateOption[]
  /** Who may do what with it. */
  readonly access: TemplateAccess
  /** The option that a value names, by id, name or uuid. */
  option(value: JsonValue): TemplateOption | undefined
}

/** What a template says of the nodes of one type. */
export type TemplateType = {
  /** The `blueprint_type_id` of its nodes. */
  readonly id: string
  /** Files may name it by this one too. */
  readonly uuid: string
  /** What people read; its id where the template gives none. */
  readonly label: string
  /** Marks such as `is_root` and `is_person`. */
  readonly features: readonly string[]
  /** In the order of the template; `name` only where it is declared. */
  readonly properties: readonly TemplateProperty[]
  /** Who may do what with its nodes. */
  readonly access: TemplateAccess
  /** The property with this id or uuid. */
  property(idOrUuid: string): TemplateProperty | undefined
}

/** The template that a session obeys: the rules that predictions and the server go by. */
export type Template = {
  /** The id under which the server had it. */
  readonly template_id: string
  /** The whole of it as JSON, e.g. for colours, with the uuids of types and properties filled in. */
  readonly document: JsonObject
  /** In the order of the template. */
  readonly types: readonly TemplateType[]
  /** The type with this id or uuid. */
  typeOf(idOrUuid: string): TemplateType | undefined
  /** The types that may stand below a type; none for a type that the template does not have. */
  allowedChildren(parentType: string): TemplateType[]
  /** Whether nodes of a type may stand below those of another. */
  allowsChild(parentType: string, childType: string): boolean
  /** What a property of `types` would accept instead of `value`; undefined when it accepts it. */
  checkValue(property: TemplateProperty, value: JsonValue): string | undefined
}
