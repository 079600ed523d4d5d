import { readlinkSync, readSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { parseTemplate } from '@talus/graph'
import { fail, type JsonObject, ok } from '@talus/protocol'
import type { FileSource, ParseReply, ParseRequest, ParseWork } from './parsers.js'
import { ProjectReader } from './file-reader.js'

if (parentPort === null) throw new Error('parse-worker runs in a worker thread only')
const port = parentPort

/** Of a thread with niceness 0 beside it, this one gets a tenth of the time when both want it. */
const NICENESS = 10

/** Everybody else goes first where processors are short. Linux only: it has priorities of threads. */
function stepBack(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (Number.isInteger(thread)) setPriority(thread, NICENESS)
  } catch {
    // Not there, or not permitted: it has the priority of the process.
  }
}

function bytesOf(source: FileSource): Buffer {
  if ('bytes' in source) return Buffer.from(source.bytes.buffer)
  const bytes = Buffer.allocUnsafeSlow(source.size)
  for (let at = 0; at < bytes.length;) {
    const read = readSync(source.fd, bytes, at, bytes.length - at, at)
    if (read === 0) throw new Error('An uploaded file is shorter than it was')
    at += read
  }
  return bytes
}

let reader: ProjectReader | undefined

function opened(): ProjectReader {
  if (!reader) throw new Error('No project file has been read')
  return reader
}

const work: ParseWork = {
  template(text, form) {
    const template = form === 'json' ? (JSON.parse(text) as JsonObject) : text
    return ok(JSON.stringify(parseTemplate(template, 'template').report))
  },
  read(source, limits) {
    reader = new ProjectReader(limits)
    const read = reader.read(bytesOf(source))
    const { template_id, template_at } = reader
    return read.ok ? ok({ template_id, template_at }) : read
  },
  prepare(preparation) {
    const prepared = opened().prepare(preparation)
    if (!prepared.ok) return prepared
    const { list, count } = opened().warnings
    return ok({ ...prepared.value, warnings: { list, count } })
  },
  next: () => ok(opened().next()),
  envelope: () => ok(opened().envelope()),
}

function answer({ method, args }: ParseRequest): ParseReply {
  try {
    // The arguments are those of the method: `ParserThread.ask` has checked that.
    const run = work[method] as (...args: unknown[]) => unknown
    return { state: 'done', value: run(...args) }
  } catch (error) {
    // Too long for a string, or for the stack: the file is at fault, not the server.
    if (error instanceof RangeError) {
      return { state: 'done', value: fail('LIMIT_EXCEEDED', `It cannot be read: ${error.message}`) }
    }
    return { state: 'failed', error }
  }
}

stepBack()
port.on('message', (request: ParseRequest) => port.postMessage(answer(request)))
