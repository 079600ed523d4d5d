import type { OptionLook } from '../work/schema.js'

/** Icon of an option: a partly filled circle, or an exclamation mark for problems. Nothing if the template has neither colour nor indicator. */
export function OptionMark({ color, indicator }: OptionLook) {
  if (color === undefined && indicator === undefined) return null
  return <Circle color={color} indicator={indicator ?? 'filled'} />
}

function Circle({ color, indicator }: { color: string | undefined; indicator: string }) {
  return (
    <svg
      className={`option-mark ${indicator}`}
      viewBox="-6 -6 12 12"
      aria-hidden="true"
      {...(color !== undefined && { style: { color } })}
    >
      <circle r="4.5" className="ring" />
      {indicator === 'filled' && <circle r="4.5" />}
      {indicator === 'partial' && <path d="M0 -4.5A4.5 4.5 0 0 1 0 4.5Z" />}
      {indicator === 'alert' && <path d="M-.8 -3.2h1.6l-.3 3.9h-1zM-.8 1.6h1.6v1.5h-1.6z" />}
    </svg>
  )
}
