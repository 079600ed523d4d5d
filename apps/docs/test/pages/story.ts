import { deepEqual, equal } from 'node:assert/strict'
import { build } from 'esbuild'
import { holds, patternOf } from './expected.js'
import { placeOf, type Fence, type Page } from './page.js'
import type { Scratch } from './scratch.js'
import { Program, Shell, type Printed } from './shell.js'

const isReady = (out: string) => /^\{"url":.*\n/.test(out)
const hasSpoken = (out: string) => out.includes('\n')

/** A page, done from top to bottom as its reader would. */
export class Story {
  readonly #page: Page
  readonly #scratch: Scratch
  readonly #shell: Shell
  readonly #background = new Map<string, Program>()
  #last: Printed = { code: 0, out: '', err: '' }
  #tabs = ''

  constructor(page: Page, scratch: Scratch) {
    this.#page = page
    this.#scratch = scratch
    this.#shell = new Shell(scratch)
  }

  /** Rejects when a fence fails, or prints something else than the page says. */
  async run(): Promise<void> {
    const { fences } = this.#page
    await this.#scratch.unpack(this.#page)
    const startsServer = fences.some(({ attributes }) => attributes.has('server'))
    const wantsServer = fences.some(({ code }) => code.includes(':5000'))
    if (wantsServer && !startsServer)
      await this.#start(new Program(this.#scratch, 'talus-server', []), isReady)
    for (const fence of fences) {
      if (!fence.attributes.has('norun')) await this.#do(fence)
    }
  }

  async #do(fence: Fence): Promise<void> {
    const { language, attributes } = fence
    try {
      if (attributes.has('output')) await this.#compare(fence)
      else if (language === 'bash') await this.#bash(fence)
      // What has a name is run by its name, or by whoever imports it.
      else if (attributes.has('file') && !attributes.has('run')) return
      else if (language === 'js' || (language === 'ts' && attributes.has('run')))
        await this.#script(fence, 'node')
      else if (language === 'python') await this.#script(fence, 'python3')
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${placeOf(this.#page, fence)}: ${reason}`, { cause })
    }
  }

  async #bash(fence: Fence): Promise<void> {
    const code = this.#scratch.adapted(fence)
    if (fence.attributes.has('server') || fence.attributes.has('serve')) {
      const program = new Program(this.#scratch, 'bash', ['-c', code])
      const ready = fence.attributes.has('server') ? isReady : hasSpoken
      await this.#start(program, ready, fence.attributes.get('serve'))
    } else {
      const mayFail = fence.attributes.has('fails')
      this.#accept(fence, await this.#shell.run(code, { mayFail }))
    }
  }

  async #script(fence: Fence, command: 'node' | 'python3'): Promise<void> {
    const { group } = Object.fromEntries(fence.attributes)
    const parts = group === undefined ? [fence] : this.#group(group)
    // A group runs where it is complete.
    if (parts.at(-1) !== fence) return
    const code = parts.map((part) => this.#scratch.adapted(part)).join('\n')
    const file = command === 'python3' ? `fence-${fence.line}.py` : await this.#bundle(fence, code)
    if (command === 'python3') await this.#scratch.write(file, code)
    const program = new Program(this.#scratch, command, [file])
    if (fence.attributes.has('serve'))
      return this.#start(program, hasSpoken, fence.attributes.get('serve'))
    try {
      this.#accept(fence, await program.ended())
    } finally {
      await program.end()
    }
  }

  #group(name: string): Fence[] {
    return this.#page.fences.filter(({ attributes }) => attributes.get('group') === name)
  }

  /** As JavaScript that every supported Node runs. */
  async #bundle({ line, language }: Fence, code: string): Promise<string> {
    const outfile = this.#scratch.path(`fence-${line}.mjs`)
    const stdin = {
      contents: code,
      resolveDir: this.#scratch.directory,
      loader: language as 'js' | 'ts',
    }
    const options = { format: 'esm', platform: 'node', packages: 'external' } as const
    await build({ stdin, outfile, bundle: true, target: 'es2023', logLevel: 'silent', ...options })
    return outfile
  }

  async #start(program: Program, ready: (out: string) => boolean, name = ''): Promise<void> {
    this.#background.set(name || `program ${this.#background.size}`, program)
    this.#last = await program.until(ready)
  }

  #accept({ attributes }: Fence, printed: Printed): void {
    // One after the other, alternatives print one text.
    const before = attributes.has('tab') ? this.#tabs : ''
    this.#tabs = attributes.has('tab') ? before + printed.out : ''
    const isWell = printed.code === 0
    if (isWell === attributes.has('fails')) {
      throw new Error(`it ends with ${printed.code}\n${printed.out}${printed.err}`)
    }
    const out = `${before}${printed.out}${attributes.has('fails') ? printed.err : ''}`
    this.#last = { ...printed, out }
  }

  async #compare({ language, code, attributes }: Fence): Promise<void> {
    const shown = (out: string) => this.#scratch.restored(out).trim()
    const printed = shown(this.#last.out)
    const pattern = patternOf(code)
    const program = this.#background.get(attributes.get('output') ?? '')
    // What runs beside has yet to hear of what happened.
    if (program) await program.until((out) => pattern.test(shown(out)))
    else if (language === 'json') {
      const [actual, expected] = [printed, code].map((text): unknown => JSON.parse(text))
      if (!holds(actual, expected)) deepEqual(actual, expected)
    } else if (!pattern.test(printed)) equal(printed, code)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shell.end()
    for (const program of [...this.#background.values()].toReversed()) await program.end()
  }
}
