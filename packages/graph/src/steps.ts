/**
 * Work in small steps that ends in a result: whoever runs it gives others their turn in between.
 * Closing it early (`return`) takes back what it has tried on a graph.
 */
export type Steps<T> = Generator<undefined, T>

/** Nodes, changes or entries that are looked at in one step: 10 to 100 µs. */
export const NODES_PER_STEP = 64

/** Runs all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}
