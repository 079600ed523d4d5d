import { useNode, useParticipants, usePresence, useSession } from '@talus/client/react'
import * as DropdownMenu from '@radix-ui/react-dropdown-menu'
import type { Participant } from '@talus/client'
import { Avatar, nameOf } from '../parts/avatar.js'
import { typeOf } from '../work/schema.js'
import { useGoTo } from './use-go-to.js'

const MOST = 4

/** The participants; a click goes to the node that a participant has focused. */
export function People() {
  const participants = useParticipants()
  const { others } = usePresence()
  const self = participants.find(({ isSelf }) => isSelf)
  const people = new Map(
    participants
      .filter(({ actor }) => actor.id !== self?.actor.id)
      .map(({ actor, client_id }) => [actor.id, { actor, client_id }]),
  )
  if (people.size === 0) return null
  const shown = [...people.values()].slice(0, MOST)
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="people">
        {shown.map(({ actor }) => (
          <Avatar key={actor.id} actor={actor} />
        ))}
        {people.size > MOST && (
          <span className="avatar more" aria-hidden="true">
            +{people.size - MOST}
          </span>
        )}
        <span className="visually-hidden">
          {people.size} {people.size === 1 ? 'other is' : 'others are'} here
        </span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
          <DropdownMenu.Label className="menu-label">
            <small>Here now; choose somebody to go to where they are</small>
          </DropdownMenu.Label>
          {[...people.values()].map(({ actor }) => {
            const state = others.find((other) => other.actor.id === actor.id)?.state
            const editing = state?.['editing']
            return (
              <Somebody
                key={actor.id}
                actor={actor}
                focus={state?.focus ?? ''}
                editing={typeof editing === 'string' ? editing : undefined}
              />
            )
          })}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

type SomebodyProps = {
  actor: Participant['actor']
  focus: string
  /** The property that they are at. */
  editing: string | undefined
}

function Somebody({ actor, focus, editing }: SomebodyProps) {
  const { graph } = useSession()
  const goTo = useGoTo()
  const node = useNode(focus)
  const property =
    node && editing !== undefined ? typeOf(graph, node)?.property(editing) : undefined
  const what = editing === undefined ? 'at' : `edits ${property?.label ?? editing} of`
  return (
    <DropdownMenu.Item
      className="menu-item"
      disabled={!node}
      onSelect={() => node && goTo(node.id)}
    >
      <Avatar actor={actor} isSmall /> {nameOf(actor)}
      <small>{node ? `${what} “${node.name}”` : 'looks around'}</small>
    </DropdownMenu.Item>
  )
}
