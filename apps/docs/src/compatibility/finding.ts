/**
 * Whether clients send something or read it. What they send may be taken more widely, what they
 * read may be given more narrowly; the other way round breaks clients.
 */
export type Direction = 'sent' | 'read'

/** One change that breaks clients: of which message, at which place in it, and how. */
export type Finding = { where: string; at: string; what: string }

export function findingText({ where, at, what }: Finding): string {
  return at === '' ? `${where} ${what}` : `${where}, ${at} ${what}`
}
