import { useRole, useSession } from '@talus/client/react'
import { Activity, ListTree, PanelRight, Trash2 } from 'lucide-react'
import { ChevronsDownUp, ChevronsUpDown } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Inspector } from '../inspector/inspector.js'
import { Log } from '../log/log.js'
import { LogPanel } from '../log/log-panel.js'
import { Button, IconButton } from '../parts/button.js'
import { AddMenu } from '../tree/add-menu.js'
import { MoveDialog } from '../tree/move-dialog.js'
import type { TreeCommands } from '../tree/tree-keys.js'
import { TreeModel } from '../tree/tree-model.js'
import { TreeView, useTree } from '../tree/tree-view.js'
import { topmost } from '../tree/rows.js'
import { useActions } from './actions.js'
import { Clipboard } from './clipboard.js'
import { Header } from './header.js'
import { Search } from './search.js'
import { includes, mayStandBelow } from './schema.js'
import { useRefusals } from './use-refusals.js'
import { useUndoKeys } from './use-undo-keys.js'

const PANES = [
  { id: 'tree', label: 'Nodes', Icon: ListTree },
  { id: 'details', label: 'Details', Icon: PanelRight },
  { id: 'log', label: 'Activity', Icon: Activity },
] as const

type Pane = (typeof PANES)[number]['id']

/** Tree, inspector and log of a session. */
export function Workplace({ share }: { share: string | undefined }) {
  const session = useSession()
  const { graph } = session
  const role = useRole()
  const mayEdit = includes(role, 'editor')
  const isShown = includes(role, 'commenter')
  const actions = useActions()
  const model = useMemo(() => new TreeModel(graph), [graph])
  const log = useMemo(() => new Log(), [])
  const clipboard = useMemo(() => new Clipboard(graph, actions, model), [graph, actions, model])
  const { selected, focus, rows } = useTree(model)
  const [pane, setPane] = useState<Pane>('tree')
  const [hasLog, setLog] = useState(false)
  const [isAdding, setAdding] = useState(false)
  const [moving, setMoving] = useState<readonly string[]>()
  const [sought, setSought] = useState('')
  const details = useRef<HTMLElement>(null)

  useEffect(() => model.follow(), [model])
  useEffect(() => log.follow(session), [log, session])
  useEffect(() => {
    // A viewer shows nothing.
    if (isShown) session.presence.update({ focus, selection: [...selected].slice(0, 100) })
  }, [session, focus, selected, isShown])
  useRefusals()
  useUndoKeys()

  const marked = () => (selected.size > 0 ? [...selected] : focus === null ? [] : [focus])

  function add(type_id: string, label: string, parent_id: string | null): void {
    const id = actions.create(type_id, `New ${label.toLowerCase()}`, parent_id)
    model.await(id, { rename: true })
  }

  /** One place among its siblings, or out of its parent, or into the sibling above. */
  function shift(direction: 'up' | 'down' | 'out' | 'in'): void {
    const node = focus === null ? undefined : graph.node(focus)
    if (!mayEdit || !node) return
    const siblings = graph.children(node.parent_id)
    const at = siblings.indexOf(node.id)
    const [above, below] = [siblings[at - 1], siblings[at + 1]]
    const { parent_id, id } = node
    if (direction === 'up' && above !== undefined) {
      actions.move([id], { parent_id, position: { before: above } })
    } else if (direction === 'down' && below !== undefined) {
      actions.move([id], { parent_id, position: { after: below } })
    } else if (direction === 'in' && above !== undefined && mayStandBelow(graph, [id], above)) {
      model.expand([above])
      actions.move([id], { parent_id: above })
    } else if (direction === 'out' && parent_id !== null) {
      const grandparent = graph.node(parent_id)?.parent_id ?? null
      if (!mayStandBelow(graph, [id], grandparent)) return
      actions.move([id], { parent_id: grandparent, position: { after: parent_id } })
    }
    model.refresh()
    model.choose(id)
  }

  const commands: TreeCommands = {
    open: () => {
      setPane('details')
      // The pane may only be in the page now.
      requestAnimationFrame(() =>
        details.current?.querySelector<HTMLElement>('input, textarea, select')?.focus(),
      )
    },
    remove: () => mayEdit && actions.remove(marked()),
    copy: () => clipboard.copy(marked()),
    cut: () => mayEdit && clipboard.cut(marked()),
    paste: () => mayEdit && clipboard.paste(focus),
    shift,
    add: () => mayEdit && setAdding(true),
  }
  const move = () => setMoving(topmost(graph, marked()))

  return (
    <div className="work" data-pane={pane} data-log={hasLog || undefined}>
      <Header share={share} model={model} />
      <main className="tree-pane" aria-label="Nodes">
        <div className="toolbar" role="toolbar" aria-label="Nodes">
          {mayEdit && (
            <AddMenu place={focus} isOpen={isAdding} onOpenChange={setAdding} onAdd={add} />
          )}
          {mayEdit && (
            <IconButton
              label={selected.size > 1 ? `Delete ${selected.size} nodes` : 'Delete'}
              disabled={selected.size === 0}
              onClick={commands.remove}
            >
              <Trash2 />
            </IconButton>
          )}
          <IconButton label="Expand all" onClick={() => model.expandAll()}>
            <ChevronsUpDown />
          </IconButton>
          <IconButton label="Collapse all" onClick={() => model.collapseAll()}>
            <ChevronsDownUp />
          </IconButton>
          <input
            type="search"
            className="search"
            aria-label="Search nodes"
            placeholder="Search"
            value={sought}
            onChange={({ target }) => setSought(target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setSought('')}
          />
          <Button className="tool log-button" aria-pressed={hasLog} onClick={() => setLog(!hasLog)}>
            <Activity aria-hidden="true" /> Activity
          </Button>
        </div>
        {sought.trim() === '' ? null : (
          <Search
            text={sought}
            share={share}
            onChoose={(id) => {
              setSought('')
              model.reveal(id)
            }}
          />
        )}
        <div className="tree-place" hidden={sought.trim() !== ''}>
          {rows.length === 0 ? (
            <p className="quiet nothing">
              There is nothing yet. {mayEdit && 'Add the first node with “Add”.'}
            </p>
          ) : null}
          <TreeView model={model} commands={commands} onMove={move} />
        </div>
        <p className="tree-foot">
          {graph.size.toLocaleString('en')} nodes
          {selected.size > 1 && `, ${selected.size.toLocaleString('en')} selected`}
        </p>
      </main>
      <aside ref={details} className="details-pane" aria-label="Details">
        <Inspector model={model} onMove={move} onRemove={commands.remove} />
      </aside>
      <div className="log-pane">
        <LogPanel log={log} />
      </div>
      <nav className="panes" aria-label="Panes">
        {PANES.map(({ id, label, Icon }) => (
          <button
            key={id}
            type="button"
            aria-current={pane === id || undefined}
            onClick={() => setPane(id)}
          >
            <Icon aria-hidden="true" />
            {label}
          </button>
        ))}
      </nav>
      <MoveDialog
        ids={moving ?? []}
        share={share}
        isOpen={moving !== undefined}
        onClose={() => setMoving(undefined)}
      />
    </div>
  )
}
