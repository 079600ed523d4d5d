import { useParticipants, usePresence, useSession } from '@talus/client/react'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useId, useState } from 'react'
import { useClient } from '../account/account.js'
import { nameOf } from '../parts/avatar.js'
import { Dialog } from '../parts/dialog.js'
import { useLoaded } from '../parts/loaded.js'
import { TypeMark } from '../parts/type-mark.js'
import { lookOfType } from '../work/schema.js'
import { useSettled } from '../work/use-settled.js'
import { useDesk, type Offer } from './desk.js'
import { PAGES } from './pages.js'
import { useGoTo } from './use-go-to.js'

const MOST_NODES = 8

/** A palette item: an action, or a node to go to. */
type Choice = Offer & { key: string; where?: string; type_id?: string }

/** Ctrl+K opens the command palette. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isMeant = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey
      if (!isMeant || event.key.toLowerCase() !== 'k') return
      event.preventDefault()
      open()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [open])
}

/** Command palette: filters the actions of the page and all nodes by text. */
export function Palette() {
  const { isPalette, setPalette } = useDesk()
  usePaletteKey(useCallback(() => setPalette(true), [setPalette]))
  return (
    <Dialog
      title="Commands and nodes"
      className="palette"
      isOpen={isPalette}
      onClose={() => setPalette(false)}
    >
      <Choices onDone={() => setPalette(false)} />
    </Dialog>
  )
}

/** What every page of a session offers. */
function useCommonOffers(): Offer[] {
  const { id: sessionId } = useSession()
  const navigate = useNavigate()
  const goTo = useGoTo()
  const { others } = usePresence()
  const people = useParticipants()
  const self = people.find(({ isSelf }) => isSelf)
  const pages = PAGES.map(({ to, label }) => ({
    label: `Open the page ${label}`,
    run: () => void navigate({ to, params: { sessionId } }),
  }))
  const jumps = others.flatMap(({ actor, state: { focus } }) =>
    typeof focus === 'string' && actor.id !== self?.actor.id
      ? [{ label: `Go to where ${nameOf(actor)} is`, run: () => goTo(focus) }]
      : [],
  )
  return [...pages, ...jumps]
}

function useNodes(text: string): Choice[] {
  const { share } = useDesk()
  const { id: session_id } = useSession()
  const client = useClient(share)
  const goTo = useGoTo()
  const sought = useSettled(text.trim())
  const { value, isStale } = useLoaded(
    useCallback(
      () =>
        sought === ''
          ? Promise.resolve(undefined)
          : client.rest.searchGraph({ session_id, text: sought, limit: 100 }),
      [client, session_id, sought],
    ),
  )
  if (!value || isStale || sought !== text.trim()) return []
  const isNamed = (name: string) => name.toLowerCase().includes(sought.toLowerCase())
  // The search also finds what a node holds; whoever goes somewhere mostly knows its name.
  const matches = value.matches.toSorted(
    (a, b) => Number(isNamed(b.node.name)) - Number(isNamed(a.node.name)),
  )
  return matches.slice(0, MOST_NODES).map(({ node, path }) => ({
    key: node.id,
    label: node.name || 'no name',
    where: path.map(({ name }) => name).join(' › '),
    type_id: node.blueprint_type_id,
    run: () => goTo(node.id),
  }))
}

function Choices({ onDone }: { onDone: () => void }) {
  const { graph } = useSession()
  const { offers } = useDesk()
  const common = useCommonOffers()
  const list = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  // Those of the moment when it was opened: they are for the selection of then.
  const [own] = useState(offers.current)
  const words = text.trim().toLowerCase().split(/\s+/)
  const actions = [...own, ...common]
    .filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
    .map((offer) => ({ ...offer, key: offer.label }))
  const choices: Choice[] = [...actions, ...useNodes(text)]
  const current = Math.min(at, choices.length - 1)

  function run(choice: Choice | undefined): void {
    if (!choice) return
    onDone()
    // The dialog gives the keyboard back first.
    setTimeout(choice.run)
  }

  const optionId = (index: number) => `${list}-${index}`
  return (
    <>
      <input
        type="search"
        role="combobox"
        aria-label="Command or node"
        placeholder="Type a command or the name of a node"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={choices.length === 0 ? undefined : optionId(current)}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
          if (step !== undefined && choices.length > 0) {
            event.preventDefault()
            setAt((current + step + choices.length) % choices.length)
          } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
            event.preventDefault()
            run(choices[current])
          }
        }}
      />
      <ul id={list} className="choices" role="listbox" aria-label="Commands and nodes">
        {choices.map((choice, index) => (
          <li
            key={choice.key}
            id={optionId(index)}
            ref={(element) => {
              if (index === current) element?.scrollIntoView({ block: 'nearest' })
            }}
            className="menu-item"
            role="option"
            aria-selected={index === current}
            data-highlighted={index === current || undefined}
            onPointerMove={() => index === current || setAt(index)}
            onClick={() => run(choice)}
          >
            {choice.type_id !== undefined && (
              <TypeMark look={lookOfType(graph.template, choice.type_id)} />
            )}
            <span className="choice-label">{choice.label}</span>
            {choice.where !== undefined && <small>{choice.where}</small>}
            {choice.keys !== undefined && <kbd>{choice.keys}</kbd>}
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p className="quiet">Nothing fits.</p>}
    </>
  )
}
