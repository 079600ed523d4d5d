import type { JsonValue } from '@talus/protocol'

const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:?\d{2})?)?$/

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0)
}

/** Minutes ahead of UTC; undefined for an offset that no clock shows. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))]
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/**
 * The instant that a value of `date` is, in milliseconds since 1970: a day of the years 1 to 9999,
 * alone or with a time of 00:00 to 23:59:59, UTC where it names no zone. Undefined for anything
 * else, a leap second and 24:00 included: readers in other languages refuse them. What is accepted
 * when it is written and what a search compares are decided here and nowhere else (rule TIME1).
 */
export function instantOf(value: JsonValue): number | undefined {
  const parts = typeof value === 'string' ? DATE.exec(value) : null
  if (!parts) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const offset = offsetOf(parts[8] ?? 'Z')
  if (year < 1 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined
  const instant = new Date(0)
  // `Date.UTC` takes the years 0 to 99 for those of the last century.
  instant.setUTCFullYear(year, month - 1, day)
  const millisecond = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  instant.setUTCHours(hour, minute - offset, second, millisecond)
  return instant.getTime()
}
