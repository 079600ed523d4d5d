import { BookOpen } from 'lucide-react'
import { useLoaded } from './loaded.js'

/** The operator may have switched them off. */
const hasDocs = () => fetch('docs/', { method: 'HEAD' }).then(({ ok }) => ok)

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
