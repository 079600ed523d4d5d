/** Below zero when the first of two versions `major.minor` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

export function majorOf(version: string): number {
  return Number(version.split('.')[0])
}
