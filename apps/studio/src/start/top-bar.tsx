import { Link } from '@tanstack/react-router'
import { PersonMenu } from '../account/person-menu.js'
import { DocsLink } from '../parts/docs-link.js'

/** Header of all pages outside a session. */
export function TopBar() {
  return (
    <header className="top-bar">
      <Link to="/" className="brand">
        Talus <span>Studio</span>
      </Link>
      <nav className="top-pages" aria-label="Pages">
        <Link to="/templates">Templates</Link>
        <Link to="/try">Try</Link>
        <Link to="/server">Server</Link>
      </nav>
      <div className="top-actions">
        <DocsLink />
        <PersonMenu />
      </div>
    </header>
  )
}
