import { useRole, useSession } from '@talus/client/react'
import {
  Activity,
  ChevronsDownUp,
  ChevronsUpDown,
  ListTree,
  PanelRight,
  Trash2,
} from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { Inspector } from '../inspector/inspector.js'
import { LogPanel } from '../log/log-panel.js'
import { Button, IconButton } from '../parts/button.js'
import { nodeCount } from '../parts/node-count.js'
import { useDesk, useOffers, type Offer } from '../session/desk.js'
import { AddMenu } from '../tree/add-menu.js'
import { MoveDialog } from '../tree/move-dialog.js'
import { topmost } from '../tree/rows.js'
import type { TreeCommands } from '../tree/tree-keys.js'
import { TreeView, useTree } from '../tree/tree-view.js'
import { useView } from '../views/use-view.js'
import { VIEW_LOOKS, ViewSwitch } from '../views/view-switch.js'
import { useActions } from './actions.js'
import { Clipboard } from './clipboard.js'
import { includes, mayStandBelow } from './schema.js'
import { Search } from './search.js'
import { useClipboardKeys } from './use-clipboard-keys.js'
import { VIEWS } from './views.js'

const TableView = lazy(async () => ({
  default: (await import('../views/table-view.js')).TableView,
}))
const BoardView = lazy(async () => ({
  default: (await import('../views/board-view.js')).BoardView,
}))

const PANES = [
  { id: 'tree', label: 'Nodes', Icon: ListTree },
  { id: 'details', label: 'Details', Icon: PanelRight },
  { id: 'log', label: 'Activity', Icon: Activity },
] as const

type Pane = (typeof PANES)[number]['id']

/** The nodes of a session as a tree, a table or a board, with inspector and log. */
export function Workplace() {
  const session = useSession()
  const { graph } = session
  const { share, model, log } = useDesk()
  const role = useRole()
  const mayEdit = includes(role, 'editor')
  const isShown = includes(role, 'commenter')
  const actions = useActions()
  const clipboard = useMemo(() => new Clipboard(graph, actions, model), [graph, actions, model])
  const { selected, focus, rows } = useTree(model)
  const { view, subjects, subject, show } = useView()
  const [pane, setPane] = useState<Pane>('tree')
  const [hasLog, setLog] = useState(false)
  const [isAdding, setAdding] = useState(false)
  const [moving, setMoving] = useState<readonly string[]>()
  const [sought, setSought] = useState('')
  const details = useRef<HTMLElement>(null)
  const search = useRef<HTMLInputElement>(null)

  useEffect(() => {
    // A viewer shows nothing.
    if (isShown) session.presence.update({ focus, selection: [...selected].slice(0, 100) })
  }, [session, focus, selected, isShown])

  const marked = () => (selected.size > 0 ? [...selected] : focus === null ? [] : [focus])

  function add(type_id: string, label: string, parent_id: string | null): void {
    const id = actions.create(type_id, `New ${label.toLowerCase()}`, parent_id)
    if (view !== 'tree') show('tree')
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
    copy: () => void clipboard.write(marked(), false),
    cut: () => mayEdit && void clipboard.write(marked(), true),
    paste: () => mayEdit && void clipboard.read(focus),
    shift,
    add: () => mayEdit && setAdding(true),
  }
  const move = () => setMoving(topmost(graph, marked()))
  useClipboardKeys({ clipboard, marked, focus, mayEdit })

  const ofNodes: Offer[] = [
    { label: 'Edit the details', keys: '↵', run: () => commands.open(focus ?? '') },
    { label: 'Copy', keys: 'Ctrl C', run: commands.copy },
  ]
  const changes: Offer[] = [
    { label: 'Add below…', keys: 'Ctrl ↵', run: commands.add },
    { label: 'Rename', keys: 'F2', run: () => (show('tree'), model.rename(focus)) },
    { label: 'Move to…', run: move },
    { label: 'Move up', keys: 'Alt ↑', run: () => shift('up') },
    { label: 'Move down', keys: 'Alt ↓', run: () => shift('down') },
    { label: 'Move out of the parent', keys: 'Alt ←', run: () => shift('out') },
    { label: 'Move into the node above', keys: 'Alt →', run: () => shift('in') },
    { label: 'Cut', keys: 'Ctrl X', run: commands.cut },
    { label: 'Paste below', keys: 'Ctrl V', run: commands.paste },
    { label: 'Delete', keys: 'Del', run: commands.remove },
    { label: 'Undo', keys: 'Ctrl Z', run: () => void actions.undo() },
    { label: 'Redo', keys: 'Ctrl ⇧ Z', run: () => void actions.redo() },
  ]
  const offered = VIEWS.filter((one) => one !== 'board' || graph.template !== null)
  useOffers([
    ...(focus === null ? [] : ofNodes),
    ...(mayEdit ? changes : []),
    ...offered
      .filter((one) => one !== view)
      .map((one) => ({
        label: `Show as ${VIEW_LOOKS[one].label.toLowerCase()}`,
        run: () => show(one),
      })),
    { label: 'Select all', keys: 'Ctrl A', run: () => model.chooseAll() },
    { label: 'Expand all', keys: '*', run: () => model.expandAll() },
    { label: 'Collapse all', run: () => model.collapseAll() },
    { label: 'Search', run: () => search.current?.focus() },
    { label: hasLog ? 'Hide the activity' : 'Show the activity', run: () => setLog(!hasLog) },
  ])

  return (
    <div className="work" data-pane={pane} data-log={hasLog || undefined}>
      <main className="tree-pane" aria-label="Nodes">
        <div className="toolbar" role="toolbar" aria-label="Nodes">
          <ViewSwitch view={view} offered={offered} onSwitch={(next) => show(next)} />
          {subject && (
            <select
              className="subject"
              aria-label={view === 'table' ? 'Type' : 'Columns by'}
              value={subject.id}
              onChange={({ target }) => show(view, target.value)}
            >
              {subjects.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          )}
          {mayEdit && (
            <AddMenu place={focus} isOpen={isAdding} onOpenChange={setAdding} onAdd={add} />
          )}
          {mayEdit && (
            <IconButton
              label={selected.size > 1 ? `Delete ${nodeCount(selected.size)}` : 'Delete'}
              disabled={selected.size === 0}
              onClick={commands.remove}
            >
              <Trash2 />
            </IconButton>
          )}
          {view === 'tree' && (
            <>
              <IconButton
                label="Expand all"
                className="wide-only"
                onClick={() => model.expandAll()}
              >
                <ChevronsUpDown />
              </IconButton>
              <IconButton
                label="Collapse all"
                className="wide-only"
                onClick={() => model.collapseAll()}
              >
                <ChevronsDownUp />
              </IconButton>
            </>
          )}
          <input
            ref={search}
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
          <Suspense fallback={<p className="quiet nothing">Loading…</p>}>
            {view === 'tree' && <TreeView model={model} commands={commands} onMove={move} />}
            {view === 'table' && subject && (
              <TableView
                key={subject.id}
                type_id={subject.id}
                model={model}
                onRemove={commands.remove}
              />
            )}
            {view === 'board' && subject && (
              <BoardView
                key={subject.id}
                property_id={subject.id}
                model={model}
                onRemove={commands.remove}
              />
            )}
            {view === 'board' && !subject && (
              <p className="quiet nothing">
                No type of the template has a property with options: there are no columns.
              </p>
            )}
          </Suspense>
        </div>
        <p className="tree-foot">
          {nodeCount(graph.size)}
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
