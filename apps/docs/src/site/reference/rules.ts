export type Rule = { id: string; text: string }

/** The numbered rules of the protocol. */
export function rulesOf(protocolText: string): Rule[] {
  return [...protocolText.matchAll(/^- \*\*\[([A-Z]+\d+)\]\*\* (.+)$/gm)].map(
    ([, id = '', text = '']) => ({ id, text }),
  )
}

/** The rules that speak of one of these names: in code, or, for error codes, in prose. */
export function rulesAbout(rules: readonly Rule[], names: readonly string[]): Rule[] {
  const mentions = names.map((name) =>
    /^[A-Z_]+$/.test(name) ? new RegExp(`\\b${name}\\b`) : new RegExp(`\`${name}\\b(?![:-])`),
  )
  return rules.filter(({ text }) => mentions.some((mention) => mention.test(text)))
}

/** The sections of a text, by their heading of the second level; before the first one: ''. */
export function sectionsOf(text: string): Map<string, string> {
  const [first = '', ...others] = text.split(/^## /m)
  return new Map([
    ['', first],
    ...others.map((part): [string, string] => {
      const end = part.indexOf('\n')
      return [part.slice(0, end).trim(), part.slice(end + 1)]
    }),
  ])
}
