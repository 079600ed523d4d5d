import type { ComponentProps } from 'react'

type ButtonProps = ComponentProps<'button'> & { look?: 'primary' | 'plain' | 'danger' }

export function Button({ look = 'plain', className = '', ...rest }: ButtonProps) {
  return <button type="button" className={`button ${look} ${className}`} {...rest} />
}

/** A button that shows an icon only; `label` is its name, and shown on hover. */
export function IconButton({
  label,
  className = '',
  ...rest
}: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    />
  )
}
