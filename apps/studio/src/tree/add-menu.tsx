import { useNode, useRole, useSession } from '@talus/client/react'
import { Plus } from 'lucide-react'
import * as DropdownMenu from '@radix-ui/react-dropdown-menu'
import { TypeMark } from '../parts/type-mark.js'
import { childTypes, lookOfType } from '../work/schema.js'
import { returnToTree } from './return-to-tree.js'

type AddProps = {
  /** Parent of the new node, or its sibling if no children are allowed; null: add a root. */
  place: string | null
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
  onAdd: (type_id: string, label: string, parent_id: string | null) => void
}

/** A menu of the types that are allowed below a node. */
export function AddMenu({ place, isOpen, onOpenChange, onAdd }: AddProps) {
  const { graph } = useSession()
  const role = useRole()
  const node = useNode(place ?? '')
  const isLeaf = node && childTypes(graph, node, role)?.length === 0
  const parent = isLeaf ? graph.node(node.parent_id ?? '') : node
  const parent_id = parent?.id ?? null
  const types = isLeaf && !parent ? [] : childTypes(graph, parent, role)
  // Without a template all types are allowed: offer the type of the last sibling.
  const usual = graph.node(graph.children(parent_id).at(-1) ?? '')?.blueprint_type_id ?? 'node'
  const offered = types ?? [{ id: usual, label: usual }]
  return (
    <DropdownMenu.Root modal={false} open={isOpen} onOpenChange={onOpenChange}>
      <DropdownMenu.Trigger className="button tool" disabled={offered.length === 0}>
        <Plus aria-hidden="true" /> Add
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="start"
          sideOffset={6}
          onCloseAutoFocus={returnToTree}
        >
          <DropdownMenu.Label className="menu-label">
            <small>{parent ? `Below “${parent.name}”` : 'At the top'}</small>
          </DropdownMenu.Label>
          {offered.map(({ id, label }) => (
            <DropdownMenu.Item
              key={id}
              className="menu-item"
              onSelect={() => onAdd(id, label, parent_id)}
            >
              <TypeMark look={lookOfType(graph.template, id)} /> {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
