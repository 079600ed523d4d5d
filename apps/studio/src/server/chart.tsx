import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export type Line = { label: string; color: string; values: readonly (number | null)[] }

type ChartProps = {
  title: string
  /** Seconds since 1970, ascending. */
  times: readonly number[]
  lines: readonly Line[]
  /** Formats a value. */
  say: (value: number) => string
}

const HEIGHT = 150

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

const clock = (seconds: number) => CLOCK.format(seconds * 1_000)

/** Labels for the steps of an axis. A step whose label would repeat the one before has none. */
const labels = (texts: readonly string[]) =>
  texts.map((text, at) => (text === texts[at - 1] ? '' : text))

/** The theme's colours, resolved for a canvas, which does not support `light-dark()`. */
function themed(element: HTMLElement) {
  const probe = document.createElement('span')
  element.append(probe)
  const resolve = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const colors = { quiet: resolve('--quiet'), line: resolve('--line'), resolve }
  return { colors, done: () => probe.remove() }
}

/** A small chart of the last minutes. */
export function Chart({ title, times, lines, say }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const names = lines.map(({ label, color }) => `${label} ${color}`).join()
  const data = [times, ...lines.map(({ values }) => values)] as uPlot.AlignedData
  const latest = useRef(data)
  latest.current = data

  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    const draw = () => {
      plot.current?.destroy()
      const { colors, done } = themed(element)
      const axis = {
        stroke: colors.quiet,
        font: '11px system-ui, sans-serif',
        grid: { stroke: colors.line, width: 1 },
        ticks: { show: false },
      }
      plot.current = new uPlot(
        {
          width: element.clientWidth,
          height: HEIGHT,
          legend: { show: false },
          cursor: { show: false },
          scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1] } },
          axes: [
            { ...axis, size: 24, space: 80, values: (_, splits) => splits.map(clock) },
            { ...axis, size: 58, values: (_, splits) => labels(splits.map(say)) },
          ],
          series: [
            {},
            ...lines.map(({ label, color }) => ({
              label,
              stroke: colors.resolve(color),
              width: 2,
              points: { show: false },
            })),
          ],
        },
        latest.current,
        element,
      )
      done()
    }
    draw()
    const sized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    sized.observe(element)
    const themes = new MutationObserver(draw)
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      sized.disconnect()
      themes.disconnect()
      scheme.removeEventListener('change', draw)
      plot.current?.destroy()
      plot.current = null
    }
    // Lines are others only when they are called otherwise.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [names])

  useEffect(() => plot.current?.setData(data))

  return (
    <figure className="chart card">
      <figcaption>
        <h2>{title}</h2>
        <ul>
          {lines.map(({ label, color, values }) => {
            const value = values.at(-1)
            return (
              <li key={label}>
                <span className="chart-key" style={{ background: `var(${color})` }} />
                {label} <b>{value === null || value === undefined ? '–' : say(value)}</b>
              </li>
            )
          })}
        </ul>
      </figcaption>
      <div ref={frame} className="chart-frame" aria-hidden="true" />
    </figure>
  )
}
