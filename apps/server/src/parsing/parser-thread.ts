import { Worker, type TransferListItem } from 'node:worker_threads'
import { fail, type Result } from '@talus/protocol'
import { builtWorker } from '../built-worker.js'
import type { ParseReply, ParseRequest, ParseWork } from './parse-messages.js'

/** What one piece of work may take. */
export type Patience = { ms: number; transfer?: readonly TransferListItem[] }

type Ask = {
  <M extends keyof ParseWork>(
    method: M,
    args: Parameters<ParseWork[M]>,
    patience: Patience,
  ): Promise<ReturnType<ParseWork[M]> | Result<never>>
}

/** Megabytes of its heap. What is read is beside it, in buffers. */
const HEAP_MB = 256

const TOO_MUCH_MEMORY = `Expected what can be read with ${HEAP_MB} MB of memory`

function tooSlow(ms: number): string {
  return `Expected what can be read within ${ms / 1_000} s`
}

function refused(message: string): Result<never> {
  return fail('LIMIT_EXCEEDED', message, [
    { path: '', expected: message.slice('Expected '.length) },
  ])
}

/**
 * A thread that reads what strangers send. Reading may take any time and any memory: the thread is
 * ended when it takes too much of either, and nothing else notices. One piece of work at a time.
 */
export class ParserThread {
  readonly #worker: Worker
  #settle: ((reply: ParseReply | 'memory' | Error) => void) | undefined
  #ended = false

  constructor() {
    const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 32 }
    this.#worker = new Worker(builtWorker('parsing/parse-worker.js'), { resourceLimits })
    // It must not keep a process that has nothing else to do.
    this.#worker.unref()
    this.#worker.on('message', (reply: ParseReply) => this.#settle?.(reply))
    this.#worker.on('error', (err: NodeJS.ErrnoException) => {
      this.#ended = true
      this.#settle?.(err.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : err)
    })
    this.#worker.on('exit', (code) => {
      this.#ended = true
      this.#settle?.(new Error(`The parser thread exited with code ${code}`))
    })
  }

  /** Whether it can do no more: another one has to be started. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** Errors: LIMIT_EXCEEDED, when it takes too long or too much memory; those of the work. */
  readonly ask: Ask = async (method, args, { ms, transfer = [] }) => {
    const reply = await this.#run({ method, args } as ParseRequest, { ms, transfer })
    if (reply === 'time') return refused(tooSlow(ms))
    if (reply === 'memory') return refused(TOO_MUCH_MEMORY)
    if (reply instanceof Error) throw reply
    if (reply.state === 'failed') throw reply.error
    return reply.value as ReturnType<ParseWork[typeof method]>
  }

  async end(): Promise<void> {
    this.#ended = true
    await this.#worker.terminate()
  }

  #run(request: ParseRequest, { ms, transfer }: Required<Patience>) {
    return new Promise<ParseReply | 'memory' | 'time' | Error>((resolve) => {
      if (this.#ended) return resolve(new Error('The parser thread has ended'))
      const settle = (reply: ParseReply | 'memory' | 'time' | Error) => {
        clearTimeout(timer)
        this.#settle = undefined
        resolve(reply)
      }
      // Real time, whatever clock the server goes by: nothing else would end the thread.
      const timer = setTimeout(() => {
        settle('time')
        void this.end()
      }, ms)
      this.#settle = settle
      this.#worker.postMessage(request, transfer)
    })
  }
}
