type FiltersProps<One extends string> = {
  label: string
  all: readonly One[]
  chosen: ReadonlySet<One>
  onChange: (chosen: ReadonlySet<One>) => void
  /** Labels; without one, the kind itself is shown as code. */
  names?: Record<One, string>
}

/** Toggle buttons that filter by kind. */
export function Filters<One extends string>({
  label,
  all,
  chosen,
  onChange,
  names,
}: FiltersProps<One>) {
  const toggle = (one: One) => {
    const next = new Set(chosen)
    if (!next.delete(one)) next.add(one)
    onChange(next)
  }
  return (
    <div className="filters" role="group" aria-label={label}>
      {all.map((one) => (
        <button
          key={one}
          type="button"
          className="filter"
          aria-pressed={chosen.has(one)}
          onClick={() => toggle(one)}
        >
          {names ? names[one] : <code>{one}</code>}
        </button>
      ))}
    </div>
  )
}
