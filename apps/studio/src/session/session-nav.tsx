import * as DropdownMenu from '@radix-ui/react-dropdown-menu'
import { useSession } from '@talus/client/react'
import { Link, useNavigate } from '@tanstack/react-router'
import { Command, Menu, SquareTerminal } from 'lucide-react'
import { IconButton } from '../parts/button.js'
import { useDesk } from './desk.js'
import { PAGES } from './pages.js'

/** Navigation between the pages of the session: links, or a menu on narrow screens. */
export function SessionNav() {
  const { id: sessionId } = useSession()
  const { share, setPalette } = useDesk()
  const navigate = useNavigate()
  return (
    <>
      <nav className="session-nav" aria-label="Pages of the session">
        {PAGES.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            params={{ sessionId }}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {label}
          </Link>
        ))}
      </nav>
      <IconButton
        className="wide-only"
        label="Commands"
        aria-keyshortcuts="Control+K"
        onClick={() => setPalette(true)}
      >
        <Command />
      </IconButton>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <IconButton label="Pages of the session" className="narrow-only">
            <Menu />
          </IconButton>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
            {PAGES.map(({ to, label, Icon }) => (
              <DropdownMenu.Item
                key={to}
                className="menu-item"
                onSelect={() => void navigate({ to, params: { sessionId } })}
              >
                <Icon aria-hidden="true" /> {label}
              </DropdownMenu.Item>
            ))}
            <DropdownMenu.Separator className="menu-line" />
            <DropdownMenu.Item className="menu-item" onSelect={() => setPalette(true)}>
              <Command aria-hidden="true" /> Commands…
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() =>
                void navigate({
                  to: '/try',
                  search: { session: sessionId, ...(share !== undefined && { share }) },
                })
              }
            >
              <SquareTerminal aria-hidden="true" /> Try commands…
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </>
  )
}
