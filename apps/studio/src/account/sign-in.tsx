import { useState } from 'react'
import { Button } from '../parts/button.js'
import { signIn } from './account.js'

/** Asks for a token, if the server requires authentication. */
export function SignIn({ onDone }: { onDone?: () => void }) {
  const [token, setToken] = useState('')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (token.trim() === '') return
        signIn(token.trim())
        onDone?.()
      }}
    >
      <label className="field">
        <span>JSON Web Token</span>
        <textarea
          rows={4}
          required
          spellCheck={false}
          autoComplete="off"
          value={token}
          onChange={({ target }) => setToken(target.value)}
        />
      </label>
      <p className="quiet">It stays in this tab and is forgotten when the tab is closed.</p>
      <Button type="submit" look="primary">
        Sign in
      </Button>
    </form>
  )
}
