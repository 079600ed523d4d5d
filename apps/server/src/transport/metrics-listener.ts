import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scrape } from '../observability/metrics.js'

/** A listener for nothing but `/metrics`. */
export type MetricsListener = { port: number; close: () => Promise<void> }

type Options = { host: string; port: number; scrape: () => Promise<Scrape> }

/** Listens apart from the clients, so that a network can keep them apart. Rejects as `listen` does. */
export async function openMetricsListener({
  host,
  port,
  scrape,
}: Options): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    scrape().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
