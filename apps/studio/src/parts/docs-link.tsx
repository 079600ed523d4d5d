import { BookOpen } from 'lucide-react'
import { isEmbedded } from '../account/account.js'
import { useLoaded } from './loaded.js'

/** Whether the server has the documentation: `--docs off` removes it. */
const hasDocs = async () => !isEmbedded && (await fetch('docs/', { method: 'HEAD' })).ok

/** Link to the documentation, if the server has it. */
export function DocsLink() {
  const { value } = useLoaded(hasDocs)
  if (!value) return null
  return (
    <a className="icon-button" href="docs/" aria-label="Documentation" title="Documentation">
      <BookOpen />
    </a>
  )
}
