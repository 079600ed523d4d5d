import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const CONTRACT = fileURLToPath(
  new URL('../../packages/protocol/dist/cjs/index.js', import.meta.url),
)

/** What checks by schemas: the console, and whoever reads templates. */
const CHECKING = /\/studio\/src\/try\/|\/graph\/dist\/blueprint\/validate-/

/**
 * Gives what checks by schemas a contract of its own. Of one that it shared with the rest of the
 * page, all that either needs would be in the first load.
 */
const wholeContract: Plugin = {
  name: 'whole-contract',
  enforce: 'pre',
  resolveId: (source, importer) =>
    source === '@talus/protocol' && CHECKING.test(importer ?? '') ? CONTRACT : null,
}

/** Relative addresses: the page also works below the path of a proxy. */
export default defineConfig({
  base: './',
  plugins: [react(), wholeContract],
  build: {
    outDir: 'dist/site',
    // Everything but the page itself, so that the server needs no more than one folder beside `/`.
    assetsDir: 'studio/assets',
    // The policy of the page has no place for anything inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    // Read by the test of what the page weighs.
    manifest: true,
  },
})
