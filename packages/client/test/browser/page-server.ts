import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))

/** What a bundler makes of a page: its script, its files in the package, what is left to import. */
export type Bundle = { script: string; inputs: string[]; imports: string[] }

/** A page with files beside it, by path: those it begins with, and those it loads on demand. */
export type SplitBundle = {
  script: string
  first: Map<string, string>
  onDemand: ReadonlyMap<string, string>
}

const OPTIONS = {
  absWorkingDir: PACKAGE,
  bundle: true,
  format: 'esm',
  platform: 'browser',
  jsx: 'automatic',
  write: false,
  metafile: true,
} as const

const entryOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))

const modeIs = (mode: string) => ({ 'process.env.NODE_ENV': JSON.stringify(mode) })

/** Bundles a page of this folder with the built package, as an application for browsers does. */
export async function bundlePage(
  file: string,
  mode: 'production' | 'development' = 'production',
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: [entryOf(file)],
    define: modeIs(mode),
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.keys(output?.inputs ?? {})
  const imports = (output?.imports ?? []).map(({ path }) => path)
  return { script: outputFiles[0]?.text ?? '', inputs, imports }
}

/** The same with a file for each part, as bundlers make them by default. */
export async function splitPage(file: string): Promise<SplitBundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: { page: entryOf(file) },
    define: modeIs('production'),
    splitting: true,
    outdir: PACKAGE,
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [path.slice(PACKAGE.length), text]))
  const first = new Set(['page.js'])
  for (const path of first) {
    for (const { kind, path: imported } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement') first.add(imported)
    }
  }
  const those = (isOf: (path: string) => boolean) =>
    new Map([...texts].filter(([path]) => isOf(path)).map(([path, text]) => [`/${path}`, text]))
  return {
    script: texts.get('page.js') ?? '',
    first: those((path) => first.has(path)),
    onDemand: those((path) => !first.has(path)),
  }
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

/** Serves pages at an origin of its own, which counts as secure: IndexedDB, Web Locks. */
export class PageServer {
  /**
   * What is loaded on demand: there, cut off as by a network that is down, or replaced by a new
   * version of the application, whose server shows a page for every path that it does not know. Or
   * nothing comes, until they are cut off.
   */
  parts: 'there' | 'cut' | 'replaced' | 'silent' = 'there'
  /** Which of them, by their text. */
  isWithheld: (text: string) => boolean = () => true
  /** Nothing is answered. */
  isDown = false
  readonly #server: Server
  readonly #silent = new Set<ServerResponse>()

  private constructor(pages: ReadonlyMap<string, string>, split: Partial<SplitBundle>) {
    this.#server = createServer(({ url = '' }, response) => {
      const { pathname } = new URL(url, 'http://localhost')
      const onDemand = split.onDemand?.get(pathname)
      const isMissing = this.parts !== 'there' && onDemand && this.isWithheld(onDemand)
      if (this.isDown || (isMissing && this.parts === 'cut')) return void response.destroy()
      if (isMissing && this.parts === 'silent') return void this.#silent.add(response)
      const part = isMissing ? undefined : (onDemand ?? split.first?.get(pathname))
      response.setHeader('content-type', part === undefined ? 'text/html' : 'text/javascript')
      // Anything else is a page without a script: where somebody goes who leaves.
      response.end(part ?? pages.get(pathname) ?? html(''))
    })
  }

  /** `scripts`: by the path of their page. `split`: the files of one of them. */
  static async start(
    scripts: Readonly<Record<string, string>>,
    split: Partial<SplitBundle> = {},
  ): Promise<PageServer> {
    const texts = Object.entries(scripts).map(([path, script]) => [path, html(script)] as const)
    const pages = new PageServer(new Map(texts), split)
    pages.#server.listen(0, '127.0.0.1')
    await once(pages.#server, 'listening')
    return pages
  }

  /** What was not answered never will be. */
  cutSilent(): void {
    for (const response of this.#silent) response.destroy()
    this.#silent.clear()
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
