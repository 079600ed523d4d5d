import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const APP = fileURLToPath(new URL('app.tsx', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))

/** What a bundler makes of the page: its script, its files in the package, what is left to import. */
export type Bundle = { script: string; inputs: string[]; imports: string[] }

/** Bundles the page with the built package, as an application for browsers does. */
export async function bundlePage(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [APP],
    absWorkingDir: PACKAGE,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    metafile: true,
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.keys(output?.inputs ?? {})
  const imports = (output?.imports ?? []).map(({ path }) => path)
  return { script: outputFiles[0]?.text ?? '', inputs, imports }
}

const html = (script: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Tasks</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <script type="module">${script.replaceAll('</script', '<\\/script')}</script>
  </body>
</html>`

/** Serves the page at an origin of its own, which counts as secure: IndexedDB, Web Locks. */
export class PageServer {
  readonly #server: Server

  private constructor(script: string) {
    const page = html(script)
    this.#server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end(page)
    })
  }

  static async start({ script }: Bundle): Promise<PageServer> {
    const pages = new PageServer(script)
    pages.#server.listen(0, '127.0.0.1')
    await once(pages.#server, 'listening')
    return pages
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
