import { useSession } from '@talus/client/react'
import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from 'react'
import { Log } from '../log/log.js'
import type { Wire } from '../log/wire.js'
import { TreeModel } from '../tree/tree-model.js'

/** An action in the command palette. */
export type Offer = {
  label: string
  /** Shortcut to display, such as `Ctrl X`. */
  keys?: string
  run: () => void
}

/** State that the pages of a session share, and keep during navigation between them. */
export type Desk = {
  /** The token of the link by which the session was opened. */
  share: string | undefined
  /** Expanded, selected and focused nodes. */
  model: TreeModel
  log: Log
  /** Recorder of the events of both namespaces; created on the first visit of the log. */
  wire: RefObject<Wire | null>
  /** Palette actions of the current page. */
  offers: RefObject<readonly Offer[]>
  isPalette: boolean
  setPalette: (isOpen: boolean) => void
}

const DeskContext = createContext<Desk | null>(null)

type DeskProps = { share: string | undefined; children: ReactNode }

export function DeskProvider({ share, children }: DeskProps) {
  const session = useSession()
  const { graph } = session
  const model = useMemo(() => new TreeModel(graph), [graph])
  const log = useMemo(() => new Log(), [])
  const wire = useRef<Wire>(null)
  const offers = useRef<readonly Offer[]>([])
  const [isPalette, setPalette] = useState(false)
  useEffect(() => model.follow(), [model])
  useEffect(() => log.follow(session), [log, session])
  useEffect(() => () => wire.current?.stop(), [])
  const desk = useMemo(
    () => ({ share, model, log, wire, offers, isPalette, setPalette }),
    [share, model, log, isPalette],
  )
  return <DeskContext value={desk}>{children}</DeskContext>
}

export function useDesk(): Desk {
  const desk = useContext(DeskContext)
  if (!desk) throw new Error('There is no DeskProvider above this component')
  return desk
}

/** Has the command palette offer these as long as the page is shown. */
export function useOffers(offered: readonly Offer[]): void {
  const { offers } = useDesk()
  useEffect(() => {
    offers.current = offered
    return () => {
      offers.current = []
    }
  })
}
