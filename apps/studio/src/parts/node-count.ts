/** `1 node`, `2,000 nodes`. */
export const nodeCount = (count: number) =>
  count === 1 ? '1 node' : `${count.toLocaleString('en')} nodes`
