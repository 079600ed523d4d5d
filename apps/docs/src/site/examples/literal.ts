export type Dialect = 'javascript' | 'python'

const WORDS = {
  javascript: { true: 'true', false: 'false', null: 'null' },
  python: { true: 'True', false: 'False', null: 'None' },
} as const

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

function text(value: string, dialect: Dialect): string {
  const quoted = JSON.stringify(value)
  if (dialect === 'python' || value.includes("'")) return quoted
  return `'${quoted.slice(1, -1).replaceAll('\\"', '"')}'`
}

const key = (name: string, dialect: Dialect) =>
  dialect === 'javascript' && IDENTIFIER.test(name) ? name : text(name, dialect)

/** Breaks the line where it would be wider than this. */
const WIDTH = 76

/** A value of JSON as it is written in a language; `indent` is that of the line it begins in. */
export function literal(value: unknown, dialect: Dialect, indent = 0): string {
  if (typeof value === 'string') return text(value, dialect)
  if (typeof value === 'boolean' || value === null) return WORDS[dialect][`${value}`]
  if (typeof value !== 'object') return JSON.stringify(value)
  const deeper = indent + (dialect === 'python' ? 4 : 2)
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((item) => literal(item, dialect, deeper))
    : Object.entries(value as object).map(
        ([name, item]) => `${key(name, dialect)}: ${literal(item, dialect, deeper)}`,
      )
  if (parts.length === 0) return isList ? '[]' : '{}'
  const space = isList || dialect === 'python' ? '' : ' '
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  const line = `${open}${space}${parts.join(', ')}${space}${close}`
  if (!line.includes('\n') && indent + line.length <= WIDTH) return line
  const pad = ' '.repeat(deeper)
  return `${open}\n${parts.map((part) => `${pad}${part},\n`).join('')}${' '.repeat(indent)}${close}`
}
