import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const TYPES: Record<string, string> = {
  css: 'text/css',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  json: 'application/json',
  svg: 'image/svg+xml',
}

/** A server that knows nothing but files, in a folder somewhere below its root. */
export type FileServer = { url: string; close: () => Promise<void> }

/** Serves a site below `base`, which begins and ends with a slash. */
export async function serveFiles(
  site: ReadonlyMap<string, string>,
  base: string,
): Promise<FileServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    const path = pathname.startsWith(base) ? pathname.slice(base.length) : undefined
    const file = path === '' || path?.endsWith('/') ? `${path}index.html` : path
    const text = site.get(file ?? '')
    if (file === undefined || text === undefined) {
      response.writeHead(404).end()
      return
    }
    const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'text/plain'
    response.writeHead(200, { 'content-type': type }).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${base}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
