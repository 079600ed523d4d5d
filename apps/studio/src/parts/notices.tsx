import { X } from 'lucide-react'
import * as Toast from '@radix-ui/react-toast'
import { useSyncExternalStore, type ReactNode } from 'react'
import { Button, IconButton } from './button.js'

/** A notification. */
export type Notice = {
  title: string
  text?: ReactNode
  /** Errors stay until they are closed. */
  look?: 'problem' | 'plain'
  action?: { label: string; run: () => void }
}

type Shown = Notice & { key: number }

const MOST = 4
const SHOWN_MS = 8_000
const FOR_GOOD_MS = 2_147_483_647

let shown: readonly Shown[] = []
let count = 0
const listeners = new Set<() => void>()

function show(next: readonly Shown[]): void {
  shown = next
  for (const listener of listeners) listener()
}

export function notify(notice: Notice): void {
  count += 1
  const isSame = ({ title, text }: Shown) => title === notice.title && text === notice.text
  show([...shown.filter((one) => !isSame(one)), { ...notice, key: count }].slice(-MOST))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Where notices appear; screen readers are told of them. */
export function Notices() {
  const notices = useSyncExternalStore(subscribe, () => shown)
  return (
    <Toast.Provider swipeDirection="right" label="Notice">
      {notices.map(({ key, title, text, look = 'plain', action }) => (
        <Toast.Root
          key={key}
          className={`notice ${look}`}
          type={look === 'problem' ? 'foreground' : 'background'}
          duration={look === 'problem' ? FOR_GOOD_MS : SHOWN_MS}
          onOpenChange={(open) => !open && show(shown.filter((one) => one.key !== key))}
        >
          <Toast.Title className="notice-title">{title}</Toast.Title>
          {text !== undefined && (
            <Toast.Description asChild>
              <div className="notice-text">{text}</div>
            </Toast.Description>
          )}
          {action && (
            <Toast.Action asChild altText={action.label}>
              <Button onClick={action.run}>{action.label}</Button>
            </Toast.Action>
          )}
          <Toast.Close asChild>
            <IconButton label="Close" className="notice-close">
              <X />
            </IconButton>
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="notices" />
    </Toast.Provider>
  )
}
