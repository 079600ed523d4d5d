import { defineConfig } from 'tsup'

const browser = {
  target: 'es2022',
  platform: 'browser',
  outDir: 'dist/browser',
  minify: true,
  splitting: false,
} as const

/** What the pages of the site load: nothing is left to import from elsewhere. */
export default defineConfig([
  {
    ...browser,
    entry: {
      site: 'src/site/browser/site.ts',
      search: 'src/site/browser/search.ts',
    },
    format: 'esm',
    noExternal: ['minisearch'],
    // Loaded when it is asked for: a file of its own, under this name.
    external: [/search\.js$/],
  },
  {
    ...browser,
    // No module: those wait until the page is there, and would show the wrong theme first.
    entry: { theme: 'src/site/browser/theme.ts' },
    format: 'iife',
    outExtension: () => ({ js: '.js' }),
  },
  { ...browser, entry: { site: 'src/site/style/site.css' } },
])
