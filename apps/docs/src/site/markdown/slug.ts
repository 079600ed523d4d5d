/** Gives headings their ids, as GitHub does: the second of one name ends in `-1`. */
export class Slugs {
  #taken = new Map<string, number>()

  of(text: string): string {
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-')
    const count = this.#taken.get(slug) ?? 0
    this.#taken.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  }
}
