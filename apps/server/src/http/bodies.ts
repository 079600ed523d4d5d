import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Failure } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HeldAmounts } from '../limits/work.js'
import { overfull } from '../payload.js'
import { Gathered, Spool } from '../projects/spool.js'
import type { Upload } from '../projects/parsers.js'
import { SpacedWork, takeTurn } from '../turns.js'
import { chargedBy } from './request.js'

/** The first bytes of each body count for nothing. */
const FREE_BYTES = 16_384

/** Files that are being uploaded, beyond what is kept in memory. */
const UPLOADS = { total: 16, perUser: 2 }

/** A body of which nothing comes for so many milliseconds is given up. */
const STALLED_MS = 15_000

/** A body that is refused while it comes in. */
export class RefusedBody extends Error {
  readonly failure: Failure
  /** What the answer says beside it. */
  readonly about: object

  constructor(failure: Failure, about: object = {}) {
    super(failure.message)
    this.failure = failure
    this.about = about
  }
}

const STALLED: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request came too slowly',
  details: [{ path: '', expected: `some of the body every ${STALLED_MS / 1_000} s` }],
}

/** Read all the same, its broken characters would be replaced by others without a word. */
const NO_UTF8: Failure = {
  code: 'BAD_REQUEST',
  message: 'The body is not valid UTF-8',
  details: [{ path: '', expected: 'JSON in UTF-8' }],
}

function tooLarge(limit: number): Failure {
  return { code: 'PAYLOAD_TOO_LARGE', message: `The body may have ${limit} bytes at most` }
}

/** The chunks of a body, as long as it is neither too large nor stands still. */
async function* chunksOf(request: FastifyRequest, payload: Readable): AsyncGenerator<Buffer> {
  const { bodyLimit } = request.routeOptions
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) {
    throw new RefusedBody(tooLarge(bodyLimit))
  }
  // To destroy the stream would end the connection before the refusal is sent.
  const chunks = payload.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>
  let bytes = 0
  for (let next = await nextOf(chunks); !next.done; next = await nextOf(chunks)) {
    bytes += next.value.length
    if (bytes > bodyLimit) throw new RefusedBody(tooLarge(bodyLimit))
    yield next.value
  }
}

/** The next chunk, as long as it comes in time. */
async function nextOf(chunks: AsyncIterator<Buffer, undefined>) {
  const next = chunks.next()
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RefusedBody(STALLED)), STALLED_MS)
  })
  try {
    return await Promise.race([next, stalled])
  } catch (err) {
    // It may fail later, when nobody waits for it any more.
    next.catch(() => undefined)
    // The client went away in the middle.
    throw err instanceof RefusedBody ? err : Object.assign(err as Error, { statusCode: 400 })
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Ends the connection of a request that was answered before its body was complete, and still is not:
 * for so long the rest is taken in, so that a client that is still sending can read the answer.
 */
export function endUnreadBodies(scope: FastifyInstance): void {
  scope.addHook('onResponse', async ({ raw }) => {
    // Requests that are injected, as by tests, come over no connection, and say neither.
    if (raw.complete || raw.socket.destroyed !== false) return
    setTimeout(() => {
      if (!raw.complete) raw.socket.destroy()
    }, STALLED_MS).unref()
  })
}

/** A file that was uploaded. Closed when the request is answered. */
type UploadedFile = Upload & { close: () => Promise<void> }

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a route that takes a file. */
    upload: UploadedFile | undefined
    /** Bytes of its body. */
    bodyBytes: number
    /** Gives back what its body has in use, when it is answered. */
    endBody: (() => void) | undefined
  }
}

/** Of the server, and of each user. */
type Most = { total: number; perUser: number }

/** Reads the bodies of requests: bounded in all, and those of each user, until they are answered. */
export class Bodies {
  readonly #bytes: HeldAmounts
  readonly #uploads = new HeldAmounts('large uploads', UPLOADS)
  readonly #directory: string

  /** `most`: bytes. `directory`: where large files are kept until they are read. */
  constructor(most: Most, directory: string) {
    this.#bytes = new HeldAmounts('bytes of bodies of requests without an answer', most)
    this.#directory = directory
  }

  /** An ordinary body, as text. */
  async text(request: FastifyRequest, payload: Readable): Promise<string> {
    const who = chargedBy(request)
    const gathered = new Gathered()
    const counted = this.#counting(who)
    try {
      for await (const chunk of chunksOf(request, payload)) {
        counted.add(chunk.length)
        gathered.add(chunk)
      }
      const bytes = Buffer.from(gathered.take().buffer)
      if (!isUtf8(bytes)) throw new RefusedBody(NO_UTF8)
      request.bodyBytes = bytes.length
      request.endBody = counted.end
      return bytes.toString()
    } catch (err) {
      counted.end()
      throw err
    }
  }

  /** A file, of which little is kept in memory. */
  async file(request: FastifyRequest, payload: Readable): Promise<UploadedFile> {
    const who = chargedBy(request)
    const spool = new Spool(this.#directory)
    const counted = this.#counting(who)
    const digest = createHash('sha256')
    let spilt = false
    const close = async () => {
      if (spilt) this.#uploads.giveBack(who, 1)
      spilt = false
      counted.end()
      await spool.close()
    }
    try {
      for await (const chunk of chunksOf(request, payload)) {
        if (!spilt && spool.spills(chunk.length)) {
          refuse(this.#uploads.take(who, 1))
          spilt = true
        }
        if (!spilt) counted.add(chunk.length)
        digest.update(chunk)
        await spool.add(chunk)
      }
      const whole = { bytes: spool.bytes, digest: digest.digest('base64url') }
      return { who, source: spool.source(), ...whole, close }
    } catch (err) {
      await close()
      throw err
    }
  }

  #counting(who: string) {
    let [all, held] = [0, 0]
    return {
      add: (bytes: number) => {
        all += bytes
        const more = Math.max(0, all - FREE_BYTES) - held
        if (more === 0) return
        refuse(this.#bytes.take(who, more))
        held += more
      },
      end: () => {
        if (held > 0) this.#bytes.giveBack(who, held)
        held = 0
      },
    }
  }
}

function refuse(failure: Failure | undefined): void {
  if (failure) throw new RefusedBody(failure)
}

/**
 * Gives back what a body has in use once its request is answered. `onResponse` is not called when the
 * client has gone.
 */
export function endAnsweredBodies(scope: FastifyInstance): void {
  scope.decorateRequest('bodyBytes', 0)
  scope.decorateRequest('endBody', undefined)
  scope.addHook('onSend', (request, _reply, _payload, done) => {
    request.endBody?.()
    request.endBody = undefined
    done()
  })
}

/** Has the routes of a scope take a file as their body, which `request.upload` leads to. */
export function takeFiles(scope: FastifyInstance): void {
  scope.decorateRequest('upload', undefined)
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: Readable) => {
      request.upload = await request.server.talusServices.bodies.file(request, payload)
      return {}
    },
  )
  // Nothing waits for it: an answer that is sent a moment later may be sent twice.
  scope.addHook('onSend', (request, _reply, _payload, done) => {
    request.upload?.close().catch((err: unknown) => request.log.error({ err }, 'closing an upload'))
    done()
  })
}

/** Characters of a body from which on it is admitted by what reading it takes. */
const LARGE = 64 * 1024

/** Of the dearest shapes about a millisecond, with what follows. */
const CHARS_PER_UNIT = 10_000

/** For so many times as long as a large body took to be read, no other one is. */
const REST = 3

/** The loop is that of the process. */
const largeBodies = new SpacedWork(REST)

/**
 * Reads a body with `parse`: one that is large when its user may have it read, and it is its turn.
 * Throws `RefusedBody`: LIMIT_EXCEEDED, RATE_LIMITED, OVERLOADED.
 */
export async function readBody<T>(
  request: FastifyRequest,
  text: string,
  parse: () => T | Promise<T>,
): Promise<T> {
  if (text.length < LARGE) return parse()
  // Measuring, parsing and handling it take some milliseconds each: a turn of their own.
  await takeTurn()
  const tooMuch = overfull(text)
  if (tooMuch) {
    const { failure, command_id } = tooMuch
    throw new RefusedBody(failure, command_id === undefined ? {} : { ok: false, command_id })
  }
  // Who sends much can read all the same: it has a budget of its own.
  const user = `bodies of ${chargedBy(request)}`
  const demand = { user, session_id: user, units: text.length / CHARS_PER_UNIT }
  const gone = new AbortController()
  const onClose = () => gone.abort()
  request.raw.socket.once('close', onClose)
  const admitted = await request.server.talusServices.work.admit(demand, gone.signal)
  if (!admitted.ok) throw new RefusedBody(admitted.error)
  try {
    const body = await largeBodies.run(parse)
    await takeTurn()
    return body
  } finally {
    request.raw.socket.off('close', onClose)
    admitted.value.release()
  }
}
