import { X } from 'lucide-react'
import * as Base from '@radix-ui/react-dialog'
import type { ReactNode } from 'react'
import { IconButton } from './button.js'

type DialogProps = {
  title: string
  /** Text below the title. */
  text?: ReactNode
  isOpen: boolean
  onClose: () => void
  /** Receives the focus on close; by default, the previously focused element. */
  onReturn?: (event: Event) => void
  className?: string
  children: ReactNode
}

/**
 * A dialog. Has its own backdrop: that of Radix inserts a `<style>` to prevent scrolling, which the
 * page's content security policy forbids.
 */
export function Dialog({
  title,
  text,
  isOpen,
  onClose,
  onReturn,
  className = '',
  children,
}: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <div className="backdrop" />
        <Base.Content
          className={`dialog ${className}`}
          {...(onReturn && { onCloseAutoFocus: onReturn })}
          {...(!text && { 'aria-describedby': undefined })}
        >
          <Base.Title className="dialog-title">{title}</Base.Title>
          {text && <Base.Description className="quiet">{text}</Base.Description>}
          {children}
          <Base.Close asChild>
            <IconButton label="Close" className="dialog-close">
              <X />
            </IconButton>
          </Base.Close>
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  )
}
