import type { Page } from 'playwright-core'

/** How Chromium itself says that there is no network, or no server. No page can prevent it. */
const NO_NETWORK =
  /^(WebSocket connection to|Failed to load resource).* net::ERR_(INTERNET_DISCONNECTED|CONNECTION_\w+|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/

/** What Chromium says of an attempt that was given up for a new one, or with its page. */
const GIVEN_UP =
  /^WebSocket connection to .* failed: (WebSocket is closed before the connection is established|Page entered Back-Forward Cache)\.$/

/** The server has forgotten a connection by polling that said nothing for long. */
const FORGOTTEN = / status of 400 \(Bad Request\)$/

/** A goodbye over polling is a request; a page that is being frozen may not make one. */
const NO_GOODBYE = /^Only fetch keepalive is allowed during onfreeze: .*\/socket\.io\/\?/

/** What says nothing of the page. */
const KNOWN = [NO_NETWORK, GIVEN_UP, NO_GOODBYE]

/** Keeps errors that nobody catches, and everything the console shows as an error or a warning. */
export function watchTroubles(page: Page, troubles: string[]): void {
  page.on('pageerror', (error) => troubles.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    const text = message.text()
    const isForgotten = FORGOTTEN.test(text) && message.location().url.includes('/socket.io/?')
    if (!isForgotten && !KNOWN.some((known) => known.test(text))) troubles.push(text)
  })
}
