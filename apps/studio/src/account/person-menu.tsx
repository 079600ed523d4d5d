import * as DropdownMenu from '@radix-ui/react-dropdown-menu'
import { Check } from 'lucide-react'
import { useState } from 'react'
import { Avatar } from '../parts/avatar.js'
import { Button } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { chooseTheme, chosenTheme, THEME_LABELS, THEMES, type Theme } from '../parts/theme.js'
import { rename, signOut, usePerson } from './account.js'
import { SignIn } from './sign-in.js'

/** Shows the current user, with a form to change it. */
export function PersonMenu() {
  const person = usePerson()
  const [open, setOpen] = useState<'name' | 'token'>()
  const isSignedIn = person.token !== undefined
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="person-button">
          <Avatar actor={person} />
          <span className="visually-hidden">You are {person.name}</span>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
            <DropdownMenu.Label className="menu-label">
              {person.name}
              <small>{isSignedIn ? 'signed in with a token' : 'as you say yourself'}</small>
            </DropdownMenu.Label>
            {isSignedIn ? (
              <DropdownMenu.Item className="menu-item" onSelect={() => void signOut()}>
                Sign out
              </DropdownMenu.Item>
            ) : (
              <>
                <DropdownMenu.Item className="menu-item" onSelect={() => setOpen('name')}>
                  Change your name…
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={() => setOpen('token')}>
                  Sign in with a token…
                </DropdownMenu.Item>
              </>
            )}
            <DropdownMenu.Separator className="menu-line" />
            <ThemeItems />
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Dialog
        title="Your name"
        text="Others see it beside what you do."
        isOpen={open === 'name'}
        onClose={() => setOpen(undefined)}
      >
        <NameForm name={person.name} onDone={() => setOpen(undefined)} />
      </Dialog>
      <Dialog title="Sign in" isOpen={open === 'token'} onClose={() => setOpen(undefined)}>
        <SignIn onDone={() => setOpen(undefined)} />
      </Dialog>
    </>
  )
}

function ThemeItems() {
  const [theme, setTheme] = useState(chosenTheme)
  const choose = (next: string) => {
    const known = THEMES.find((one) => one === next)
    if (!known) return
    chooseTheme(known)
    setTheme(known)
  }
  return (
    <DropdownMenu.RadioGroup value={theme} onValueChange={choose} aria-label="Theme">
      {THEMES.map((one: Theme) => (
        <DropdownMenu.RadioItem key={one} value={one} className="menu-item">
          Theme: {THEME_LABELS[one]}
          <DropdownMenu.ItemIndicator className="menu-check">
            <Check />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}

function NameForm({ name, onDone }: { name: string; onDone: () => void }) {
  const [text, setText] = useState(name)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim() === '') return
        if (text.trim() !== name) rename(text.trim())
        onDone()
      }}
    >
      <label className="field">
        <span>Name</span>
        <input
          value={text}
          maxLength={80}
          required
          autoComplete="name"
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <Button type="submit" look="primary">
        Save
      </Button>
    </form>
  )
}
