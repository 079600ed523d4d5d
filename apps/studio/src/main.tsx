import { TalusError } from '@talus/client'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import './style/studio.css'

/** Refusals are shown by the page; anything else that is thrown is a fault. */
function tell(error: unknown): void {
  if (!(error instanceof TalusError)) console.error(error)
}

const place = document.querySelector('#studio')
if (place) {
  createRoot(place, { onCaughtError: tell }).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
