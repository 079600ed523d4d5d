import { useChildren, useNode, useRole, useSession, useUndo } from '@talus/client/react'
import { Link } from '@tanstack/react-router'
import { House, Redo2, Share2, SquareTerminal, Undo2 } from 'lucide-react'
import { IconButton } from '../parts/button.js'
import { notify } from '../parts/notices.js'
import { PersonMenu } from '../account/person-menu.js'
import { addressOf } from '../start/share-link.js'
import { useActions } from '../work/actions.js'
import { includes } from '../work/schema.js'
import { useDesk } from './desk.js'
import { People } from './people.js'
import { SessionNav } from './session-nav.js'
import { Standing } from './standing.js'

/** Title of the session: the name of its only root, else its id. */
function Title() {
  const { id } = useSession()
  const roots = useChildren(null)
  const name = useNode(roots[0] ?? '', (node) => node?.name)
  return <h1 className="work-title">{roots.length === 1 && name ? name : id}</h1>
}

/** Copies the address of this page. */
export async function copyLink(address: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(address)
    notify({ title: 'The link is copied', text: 'Whoever may open this session can use it.' })
  } catch {
    notify({ title: 'The link of this page', text: address })
  }
}

export function Header() {
  const { share: token } = useDesk()
  const { id: session_id } = useSession()
  const { canUndo, canRedo } = useUndo()
  const mayEdit = includes(useRole(), 'editor')
  const actions = useActions()
  return (
    <header className="work-bar">
      <Link to="/" className="icon-button" aria-label="Start page" title="Start page">
        <House />
      </Link>
      <Title />
      <Standing share={token} />
      <SessionNav />
      {mayEdit && (
        <div className="turns">
          <IconButton
            label="Undo"
            aria-keyshortcuts="Control+Z"
            disabled={!canUndo}
            onClick={() => void actions.undo()}
          >
            <Undo2 />
          </IconButton>
          <IconButton
            label="Redo"
            aria-keyshortcuts="Control+Shift+Z"
            disabled={!canRedo}
            onClick={() => void actions.redo()}
          >
            <Redo2 />
          </IconButton>
        </div>
      )}
      <People />
      <IconButton
        className="wide-only"
        label="Copy a link to this session"
        onClick={() =>
          void copyLink(addressOf({ session_id, ...(token !== undefined && { share: token }) }))
        }
      >
        <Share2 />
      </IconButton>
      <Link
        to="/try"
        search={{ session: session_id, ...(token !== undefined && { share: token }) }}
        className="icon-button wide-only"
        aria-label="Try commands on this session"
        title="Try commands on this session"
      >
        <SquareTerminal />
      </Link>
      <PersonMenu />
    </header>
  )
}
