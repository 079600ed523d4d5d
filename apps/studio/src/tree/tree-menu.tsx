import * as ContextMenu from '@radix-ui/react-context-menu'
import type { ReactNode } from 'react'
import type { TreeModel } from './tree-model.js'
import type { TreeCommands } from './tree-keys.js'
import { returnToTree } from './return-to-tree.js'

type MenuProps = {
  model: TreeModel
  commands: TreeCommands
  mayEdit: boolean
  onMove: () => void
  children: ReactNode
}

function Item({
  text,
  keys,
  onSelect,
  isOff = false,
}: {
  text: string
  keys?: string
  onSelect: () => void
  isOff?: boolean
}) {
  return (
    <ContextMenu.Item className="menu-item" disabled={isOff} onSelect={onSelect}>
      {text}
      {keys !== undefined && <kbd>{keys}</kbd>}
    </ContextMenu.Item>
  )
}

/** Context menu of the selected nodes. */
export function TreeMenu({ model, commands, mayEdit, onMove, children }: MenuProps) {
  const { focus } = model.state
  const hasFocus = focus !== null
  const isOff = !mayEdit || !hasFocus
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content className="menu" onCloseAutoFocus={returnToTree}>
          <Item text="Add below…" keys="Ctrl ↵" isOff={isOff} onSelect={commands.add} />
          <Item text="Rename" keys="F2" isOff={isOff} onSelect={() => model.rename(focus)} />
          <Item text="Move to…" isOff={isOff} onSelect={onMove} />
          <ContextMenu.Separator className="menu-line" />
          <Item text="Cut" keys="Ctrl X" isOff={isOff} onSelect={commands.cut} />
          <Item text="Copy" keys="Ctrl C" isOff={!hasFocus} onSelect={commands.copy} />
          <Item text="Paste below" keys="Ctrl V" isOff={isOff} onSelect={commands.paste} />
          <ContextMenu.Separator className="menu-line" />
          <Item text="Delete" keys="Del" isOff={isOff} onSelect={commands.remove} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}
