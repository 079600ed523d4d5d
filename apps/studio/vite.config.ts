import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Relative addresses: the page also works below the path of a proxy. */
export default defineConfig({
  base: './',
  plugins: [react()],
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
