import { TalusError } from '@talus/client'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import './style/studio.css'

/** The page shows rejected commands; any other error is a bug. */
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
