import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../parts/button.js'
import { destinationOf } from './share-link.js'

/** Opens a session by its id, or by a link to its page. */
export function OpenSession() {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [isWrong, setWrong] = useState(false)
  return (
    <section className="card" aria-labelledby="open">
      <h2 id="open">Open a session</h2>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          const destination = destinationOf(text)
          setWrong(destination === undefined)
          if (!destination) return
          const { session_id, share } = destination
          void navigate({
            to: '/s/$sessionId',
            params: { sessionId: session_id },
            search: share === undefined ? {} : { share },
          })
        }}
      >
        <input
          aria-label="Session id or share link"
          placeholder="Session id or share link"
          value={text}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={isWrong || undefined}
          aria-describedby="open-help"
          onChange={({ target }) => {
            setText(target.value)
            setWrong(false)
          }}
        />
        <Button type="submit">Open</Button>
      </form>
      <p id="open-help" className={isWrong ? 'problem-text' : 'quiet'} role="status">
        {isWrong
          ? 'Expected the id of a session, or a link to its page'
          : 'An id that nobody has used makes a new, empty session.'}
      </p>
    </section>
  )
}
