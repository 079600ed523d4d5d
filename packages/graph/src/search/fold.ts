/**
 * A text as search compares it: one Unicode form, one case. Upper case, as lower case depends on
 * the place of a letter in its word (Σ is σ or ς) and keeps ß apart from SS.
 */
export function folded(text: string): string {
  return text.normalize('NFKC').toUpperCase()
}
