import { Link } from '@tanstack/react-router'
import { TopBar } from './top-bar.js'

export function NotFound() {
  return (
    <>
      <TopBar />
      <main className="message">
        <h1>There is no such page</h1>
        <p>
          <Link to="/">Go to the start page</Link>
        </p>
      </main>
    </>
  )
}
