import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Scratch } from './scratch.js'

/** What a program printed; `code` is null while it goes on. */
export type Printed = { code: number | null; out: string; err: string }

/** Ends what hangs before the test runner does, so that nothing is left running. */
const HANGS_AFTER_MS = 120_000

/** A program that is being run in the folder of a page. */
export class Program {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #out = ''
  #err = ''

  constructor(scratch: Scratch, command: string, args: readonly string[]) {
    this.#child = spawn(command, args, {
      cwd: scratch.directory,
      env: scratch.environment,
      // A group of its own: what a shell has started ends with it.
      detached: true,
    })
    this.#exited = once(this.#child, 'close')
    this.#exited.catch(() => {})
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#out += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#err += text))
  }

  get printed(): Printed {
    return { code: this.#child.exitCode, out: this.#out, err: this.#err }
  }

  /** Resolves when it has ended. Rejects when it hangs. */
  async ended(): Promise<Printed> {
    await this.#unlessItHangs(this.#exited)
    return this.printed
  }

  /** Resolves when what it has printed fits. Rejects when it ends before, or hangs. */
  async until(fits: (out: string) => boolean): Promise<Printed> {
    while (!fits(this.#out)) {
      const more = once(this.#child.stdout ?? this.#child, 'data')
      more.catch(() => {})
      await this.#unlessItHangs(Promise.race([more, this.#exited]))
      const { exitCode } = this.#child
      if (exitCode !== null && !fits(this.#out)) throw this.#trouble(`ended with ${exitCode}`)
    }
    return this.printed
  }

  async #unlessItHangs(progress: Promise<unknown>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const hanging = new Promise((_, reject) => {
      timer = setTimeout(() => reject(this.#trouble('hangs')), HANGS_AFTER_MS)
    })
    await Promise.race([progress, hanging]).finally(() => clearTimeout(timer))
  }

  #trouble(what: string): Error {
    return new Error(`It ${what}:\n${this.#out}${this.#err}`)
  }

  say(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** Takes what it has printed so far. */
  take(): Printed {
    const { printed } = this
    this.#out = ''
    this.#err = ''
    return printed
  }

  async end(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    process.kill(-pid, 'SIGKILL')
    await this.#exited
  }
}

const MARK = 'end of the fence'

/** One shell for a page, as its reader has one: what it sets stays set. */
export class Shell {
  readonly #bash: Program

  constructor(scratch: Scratch) {
    this.#bash = new Program(scratch, 'bash', ['-s'])
    this.#bash.say('set -euo pipefail\n')
  }

  /** Runs code to its end. Rejects when a command fails, unless the last one is expected to. */
  async run(code: string, { mayFail = false } = {}): Promise<Printed> {
    this.#bash.take()
    const guarded = mayFail ? `set +e\n${code}` : code
    // Standard input is where the shell reads what is next.
    this.#bash.say(`{ ${guarded}\n} < /dev/null\nprintf '\\n${MARK} %d' $?\nset -e\n`)
    const end = new RegExp(`\n${MARK} (\\d+)$`)
    const { out, err } = await this.#bash.until((printed) => end.test(printed))
    return { code: Number(end.exec(out)?.[1]), out: out.replace(end, ''), err }
  }

  end(): Promise<void> {
    return this.#bash.end()
  }
}
