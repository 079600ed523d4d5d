import { Columns3, ListTree, Table2 } from 'lucide-react'
import { IconButton } from '../parts/button.js'
import type { View } from '../work/views.js'

export const VIEW_LOOKS = {
  tree: { label: 'Tree', Icon: ListTree },
  table: { label: 'Table', Icon: Table2 },
  board: { label: 'Board', Icon: Columns3 },
} as const

type SwitchProps = { view: View; offered: readonly View[]; onSwitch: (view: View) => void }

/** Chooses how the nodes are shown. */
export function ViewSwitch({ view, offered, onSwitch }: SwitchProps) {
  return (
    <div className="view-switch" role="group" aria-label="View">
      {offered.map((one) => {
        const { label, Icon } = VIEW_LOOKS[one]
        return (
          <IconButton
            key={one}
            label={label}
            aria-pressed={one === view}
            onClick={() => onSwitch(one)}
          >
            <Icon />
          </IconButton>
        )
      })}
    </div>
  )
}
