import { BookOpen } from 'lucide-react'
import { isEmbedded } from '../account/account.js'
import { useLoaded } from './loaded.js'

/** The operator may have switched them off. */
const hasDocs = async () => !isEmbedded && (await fetch('docs/', { method: 'HEAD' })).ok

/** Leads to the documentation, where the server has it. */
export function DocsLink() {
  const { value } = useLoaded(hasDocs)
  if (!value) return null
  return (
    <a className="icon-button" href="docs/" aria-label="Documentation" title="Documentation">
      <BookOpen />
    </a>
  )
}
