/**
 * A longest increasing subsequence of distinct numbers, as the set of its members: of items that
 * are to be brought into order, those that can stay where they are. Takes n log n steps.
 */
export function longestIncreasing(numbers: readonly number[]): Set<number> {
  /** For each length, the place of the smallest number in which a run of that length ends. */
  const ends: number[] = []
  const before: number[] = []
  for (const [at, number] of numbers.entries()) {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((numbers[ends[middle] ?? 0] ?? 0) < number) low = middle + 1
      else high = middle
    }
    before[at] = ends[low - 1] ?? -1
    ends[low] = at
  }
  const members = new Set<number>()
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) members.add(numbers[at] ?? 0)
  return members
}
