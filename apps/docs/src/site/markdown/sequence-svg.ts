import { escapeHtml } from './escape.js'
import type { Sequence, Step } from './sequence.js'

/** Lengths are those of the drawing, in which text is 13 units high. */
const GLYPH = 6.7
const LINE = 17
const MARGIN = 8
const HEAD = { height: 34, padding: 14 }
const LANE = { min: 130, max: 250 }
const NOTE_GLYPHS = 26
/** The room that a page of usual width has. */
const WIDTH = 620

/** Breaks text into lines of at most so many characters, at spaces. */
function wrap(text: string, glyphs: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    const longer = last === '' ? word : `${last} ${word}`
    if (longer.length <= glyphs || last === '') lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

type Layout = { x: (name: string) => number; lane: number; width: number }

/** What a participant and its notes need on either side of its line. */
function halfOf(name: string | undefined, steps: readonly Step[]): number {
  const notes = steps.flatMap((step) =>
    step.kind === 'note' && step.at === name ? wrap(step.text, NOTE_GLYPHS) : [],
  )
  const longest = Math.max((name?.length ?? 0) + 3, ...notes.map((line) => line.length))
  return (longest * GLYPH) / 2 + 12 + MARGIN
}

function layoutOf({ participants, steps }: Sequence): Layout {
  const spans = steps.flatMap((step) => {
    if (step.kind === 'note') return []
    const lanes = Math.abs(participants.indexOf(step.from) - participants.indexOf(step.to))
    return lanes === 0 ? [] : [(step.text.length * GLYPH + 28) / lanes]
  })
  const [left, right] = [halfOf(participants[0], steps), halfOf(participants.at(-1), steps)]
  const lanes = Math.max(1, participants.length - 1)
  const most = Math.min(LANE.max, (WIDTH - left - right) / lanes)
  const lane = Math.max(LANE.min, Math.min(most, Math.max(...spans)))
  return {
    lane,
    x: (name) => left + participants.indexOf(name) * lane,
    width: left + right + (participants.length - 1) * lane,
  }
}

const round = (value: number) => Math.round(value * 10) / 10

function textLines(lines: readonly string[], x: number, y: number): string {
  return lines
    .map(
      (line, index) => `<text x="${round(x)}" y="${y + index * LINE}">${escapeHtml(line)}</text>`,
    )
    .join('')
}

type Drawn = { svg: string; height: number }

function drawNote({ text }: { text: string }, x: number, y: number): Drawn {
  const lines = wrap(text, NOTE_GLYPHS)
  const width = Math.max(...lines.map((line) => line.length)) * GLYPH + 20
  const height = lines.length * LINE + 12
  const box = `<rect x="${round(x - width / 2)}" y="${y}" width="${round(width)}" height="${height}" rx="4"/>`
  return { svg: `<g class="note">${box}${textLines(lines, x, y + 18)}</g>`, height: height + 14 }
}

/** The head of an arrow that ends at `x`; `way` is 1 to the right and -1 to the left. */
const arrowHead = (x: number, y: number, way: number) =>
  `<path class="head" d="M${round(x)} ${y}l${-9 * way} -4.5v9z"/>`

function drawLoop(lines: readonly string[], x: number, y: number): Drawn {
  const base = y + 10
  const line = `<path class="line" d="M${round(x)} ${base}h34v22h-26"/>`
  const text = `<g class="beside">${textLines(lines, x + 42, base + 15)}</g>`
  return { svg: line + arrowHead(x, base + 22, -1) + text, height: 50 }
}

type Message = Extract<Step, { kind: 'message' }>

function drawMessage(message: Message, { x, lane }: Layout, y: number): Drawn {
  const [from, to] = [x(message.from), x(message.to)]
  const room = Math.max(1, Math.abs(to - from) / lane) * lane
  const lines = wrap(message.text, Math.floor((room - 20) / GLYPH))
  const drawn =
    from === to
      ? drawLoop(lines, from, y)
      : drawArrow(lines, { from, to, y: y + lines.length * LINE + 4 }, y)
  const kind = message.isReply ? 'reply' : 'request'
  return { ...drawn, svg: `<g class="${kind}">${drawn.svg}</g>` }
}

function drawArrow(
  lines: readonly string[],
  { from, to, y: base }: { from: number; to: number; y: number },
  y: number,
): Drawn {
  const way = to > from ? 1 : -1
  const line = `<path class="line" d="M${round(from)} ${base}H${round(to - 7 * way)}"/>`
  const text = textLines(lines, (from + to) / 2, y + 13)
  return { svg: line + arrowHead(to, base, way) + text, height: base - y + 16 }
}

function drawHeads(participants: readonly string[], { x }: Layout): string {
  return participants
    .map((name) => {
      const width = name.length * (GLYPH + 0.8) + HEAD.padding * 2
      const box = `<rect x="${round(x(name) - width / 2)}" y="${MARGIN}" width="${round(width)}" height="${HEAD.height}" rx="6"/>`
      return `<g class="participant">${box}${textLines([name], x(name), MARGIN + 22)}</g>`
    })
    .join('')
}

function drawSteps({ steps }: Sequence, layout: Layout): Drawn {
  let y = MARGIN + HEAD.height + 14
  let svg = ''
  for (const step of steps) {
    const drawn =
      step.kind === 'note' ? drawNote(step, layout.x(step.at), y) : drawMessage(step, layout, y)
    svg += drawn.svg
    y += drawn.height
  }
  return { svg, height: y + MARGIN }
}

function lifelines(participants: readonly string[], layout: Layout, height: number): string {
  return participants
    .map((name) => {
      const x = round(layout.x(name))
      return `<path class="life" d="M${x} ${MARGIN + HEAD.height}V${height - MARGIN}"/>`
    })
    .join('')
}

function stepText(step: Step): string {
  if (step.kind === 'note') return `${step.at}: ${step.text}`
  const { from, to, text, isReply } = step
  if (from === to) return `${from}: ${text}`
  return `${from} ${isReply ? 'tells' : 'asks'} ${to}: ${text}`
}

/**
 * A diagram as inline SVG, coloured by classes. Its steps are also there as a list, for those who do
 * not see it and for screens on which it is too wide; `id` is unique on its page.
 */
export function sequenceFigure(sequence: Sequence, id: string): string {
  const layout = layoutOf(sequence)
  const { svg, height } = drawSteps(sequence, layout)
  const { participants, steps } = sequence
  const title = escapeHtml(`Sequence between ${participants.join(', ')}`)
  const width = round(layout.width)
  const drawing = `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-steps"><title id="${id}-title">${title}</title>${lifelines(participants, layout, height)}${drawHeads(participants, layout)}${svg}</svg>`
  const list = steps.map((step) => `<li>${escapeHtml(stepText(step))}</li>`).join('')
  return `<figure class="sequence"><div class="drawing" tabindex="0" role="region" aria-labelledby="${id}-title">${drawing}</div><details><summary>The same as text</summary><ol id="${id}-steps">${list}</ol></details></figure>`
}
