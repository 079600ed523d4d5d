// Run in a package after its build: writes `dist/cjs`, the same modules and declarations for what
// cannot load ES modules, such as jest. Names given are packages that have no CommonJS form; with
// them the entry point becomes one file that contains them.
import { build } from 'esbuild'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FROM = 'dist'
const TO = join(FROM, 'cjs')

rmSync(TO, { recursive: true, force: true })
const files = readdirSync(FROM, { recursive: true, encoding: 'utf8' })
const modules = files.filter((file) => file.endsWith('.js')).map((file) => join(FROM, file))
const contained = process.argv.slice(2)
const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
const isOne = contained.length > 0

await build({
  entryPoints: isOne ? [join(FROM, 'index.js')] : modules,
  bundle: isOne,
  external: isOne ? Object.keys(dependencies).filter((name) => !contained.includes(name)) : [],
  outbase: FROM,
  outdir: TO,
  format: 'cjs',
  platform: 'node',
  target: 'es2023',
  // jest cannot run `import()`.
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
})
for (const file of files.filter((name) => name.endsWith('.d.ts'))) {
  cpSync(join(FROM, file), join(TO, file))
}
writeFileSync(join(TO, 'package.json'), '{ "type": "commonjs" }\n')
