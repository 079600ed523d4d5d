/** Sessions whose last change is remembered one by one. */
const MOST_SESSIONS = 10_000

/**
 * When access to a session last changed, as a number that only grows. Whoever decided by what was in
 * force at one number has to decide again once there is another.
 */
export class AccessChanges {
  /** The least recently changed session first. */
  readonly #stamps = new Map<string, number>()
  #count = 0
  /** The highest stamp that was dropped: any session that is not kept may have changed then. */
  #dropped = 0

  /** A role, a link or the session itself has changed. */
  add(session_id: string): void {
    this.#count += 1
    this.#stamps.delete(session_id)
    this.#stamps.set(session_id, this.#count)
    if (this.#stamps.size <= MOST_SESSIONS) return
    const [oldest] = this.#stamps
    if (!oldest) return
    this.#stamps.delete(oldest[0])
    this.#dropped = oldest[1]
  }

  of(session_id: string): number {
    return this.#stamps.get(session_id) ?? this.#dropped
  }
}
