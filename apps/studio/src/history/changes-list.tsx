import { useSession } from '@talus/client/react'
import type { Change } from '@talus/protocol'
import { ArrowRightLeft, Minus, PencilLine, Plus, RefreshCw } from 'lucide-react'
import { shownValue, wordsOfChange } from '../log/words.js'

const MOST = 500

const LOOKS = {
  'node-added': { Icon: Plus, look: 'added' },
  'node-removed': { Icon: Minus, look: 'removed' },
  'node-moved': { Icon: ArrowRightLeft, look: 'moved' },
  'property-set': { Icon: PencilLine, look: 'set' },
  'graph-replaced': { Icon: RefreshCw, look: 'set' },
} as const

/** A list of changes, one line each. */
export function ChangesList({ changes }: { changes: readonly Change[] }) {
  const { graph } = useSession()
  if (changes.length === 0) return <p className="quiet nothing">Nothing differs.</p>
  return (
    <ul className="changes" aria-label="Changes">
      {changes.slice(0, MOST).map((change, at) => {
        const { Icon, look } = LOOKS[change.type]
        const isSet = change.type === 'property-set' && change.property_id !== 'name'
        return (
          // Changes have no ids, and the list is never reordered.
          // eslint-disable-next-line react/no-array-index-key
          <li key={at} className={look}>
            <Icon aria-hidden="true" />
            <span>{wordsOfChange(graph, change)}</span>
            {isSet && (
              <span className="values">
                <del>{shownValue(change.old_value)}</del> →{' '}
                <ins>{shownValue(change.new_value)}</ins>
              </span>
            )}
          </li>
        )
      })}
      {changes.length > MOST && (
        <li className="quiet">and {(changes.length - MOST).toLocaleString('en')} more</li>
      )}
    </ul>
  )
}
