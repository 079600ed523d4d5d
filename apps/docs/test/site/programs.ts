import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PYTHON } from '../../../../examples/test/python-tools.js'

const run = promisify(execFile)

/** Below the package, so that programs find what they import. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const BASE = fileURLToPath(new URL('../../../../tsconfig.base.json', import.meta.url))
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

export type Language = 'ts' | 'js' | 'python' | 'bash'

/** What a program has printed; `fault` is there when it has failed. */
export type Printed = { text: string; fault?: string }

// Interpreters take longer to start than programs to run: one of each runs them all in turn.
const NODE = `
import { format } from 'node:util'
const printed = []
for (const file of process.argv.slice(2)) {
  let text = ''
  console.log = (...values) => (text += format(...values) + '\\n')
  const fault = await import(file).then(() => undefined, (error) => String(error.stack ?? error))
  printed.push({ text, fault })
}
process.stdout.write(JSON.stringify(printed), () => process.exit())
`
const PYTHON_RUNNER = `
import contextlib, io, json, runpy, sys, traceback
printed = []
for file in sys.argv[1:]:
    out = io.StringIO()
    entry = {}
    with contextlib.redirect_stdout(out):
        try:
            runpy.run_path(file, run_name="__main__")
        except BaseException:
            entry["fault"] = traceback.format_exc()
    printed.append({"text": out.getvalue(), **entry})
print(json.dumps(printed))
`
const SHELL = `
const { execFile } = require('node:child_process')
const shell = (file) => new Promise((resolve) => execFile('bash', [file], (error, text) =>
  resolve({ text, fault: error ? String(error) : undefined })))
const printed = []
;(async () => {
  for (const file of process.argv.slice(2)) printed.push(await shell(file))
  process.stdout.write(JSON.stringify(printed))
})()
`

type Runner = { program: string; runner: string; code: string; ending: string }

// TypeScript runs as it is: the examples write no types down.
const JAVASCRIPT = { program: process.execPath, runner: 'run.mjs', code: NODE, ending: 'mjs' }
const RUNNERS: Record<Language, Runner> = {
  ts: JAVASCRIPT,
  js: JAVASCRIPT,
  python: { program: PYTHON, runner: 'run.py', code: PYTHON_RUNNER, ending: 'py' },
  bash: { program: process.execPath, runner: 'run.cjs', code: SHELL, ending: 'sh' },
}

/** A folder in which programs are written down and run. */
export class Programs {
  #count = 0
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async inNewFolder(): Promise<Programs> {
    return new Programs(await mkdtemp(join(PACKAGE, '.examples-')))
  }

  async #write(name: string, text: string): Promise<string> {
    const file = join(this.#folder, name)
    await writeFile(file, text)
    return file
  }

  /** Runs programs one after the other, and gives what each has printed. */
  async run(language: Language, codes: readonly string[]): Promise<Printed[]> {
    const { program, runner, code, ending } = RUNNERS[language]
    const files: string[] = []
    for (const text of codes) {
      this.#count += 1
      files.push(await this.#write(`program-${this.#count}.${ending}`, text))
    }
    const start = await this.#write(runner, code)
    const { stdout } = await run(program, [start, ...files], { maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(stdout) as Printed[]
  }

  /** What the compiler finds wrong with these files, by the strict rules of this repository. */
  async typeErrors(files: ReadonlyMap<string, string>): Promise<string> {
    for (const [name, code] of files) await this.#write(name, code)
    const config = {
      extends: BASE,
      compilerOptions: { types: ['node'] },
      files: [...files.keys()],
    }
    const file = await this.#write('tsconfig.json', JSON.stringify(config))
    return run(process.execPath, [TSC, '-p', file]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
