/** Fields that several messages begin with, serialised once for all of them. */
export class SharedFields<Fields extends object> {
  readonly fields: Fields
  #text: string | undefined

  constructor(fields: Fields) {
    this.fields = fields
  }

  /** As JSON, without the braces. */
  get text(): string {
    this.#text ??= JSON.stringify(this.fields).slice(1, -1)
    return this.#text
  }
}
