const AGO = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** Formats the time since `at`, in milliseconds since 1970. */
export function ago(at: number): string {
  const minutes = (at - Date.now()) / 60_000
  if (minutes > -60) return AGO.format(Math.round(minutes), 'minute')
  if (minutes > -60 * 24) return AGO.format(Math.round(minutes / 60), 'hour')
  return AGO.format(Math.round(minutes / 60 / 24), 'day')
}
