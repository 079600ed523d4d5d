/** Colours with enough contrast to white. */
const COLORS = [
  '#9f1239',
  '#9a3412',
  '#854d0e',
  '#3f6212',
  '#166534',
  '#115e59',
  '#155e75',
  '#1e40af',
  '#5b21b6',
  '#86198f',
]

/** The colour of an actor, the same in every browser. */
export function colorOf(actor_id: string): string {
  let hash = 0
  for (const char of actor_id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return COLORS[hash % COLORS.length] ?? '#1e40af'
}

const LETTERS = new Intl.Segmenter()

/** The first grapheme. */
function letterOf(word = ''): string | undefined {
  const [first] = LETTERS.segment(word)
  return first?.segment
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/)
  const first = letterOf(words[0]) ?? '?'
  const last = words.length > 1 ? (letterOf(words.at(-1)) ?? '') : ''
  return (first + last).toUpperCase()
}

type Somebody = { id: string; name?: string | undefined }

export const nameOf = ({ id, name = id }: Somebody) => name

export function Avatar({ actor, isSmall = false }: { actor: Somebody; isSmall?: boolean }) {
  return (
    <span
      className={isSmall ? 'avatar small' : 'avatar'}
      style={{ background: colorOf(actor.id) }}
      title={nameOf(actor)}
      aria-hidden="true"
    >
      {initialsOf(nameOf(actor))}
    </span>
  )
}
