import type { Readable } from 'node:stream'
import type { Failure } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Gathered } from '../../parsing/gathered.js'
import { Held } from '../../limits/held.js'
import type { Upload } from '../../parsing/parsers.js'
import { Spool } from '../../parsing/spool.js'
import { chargedBy } from './door.js'

/** Bytes of bodies that are not complete yet. The first ones of each count for nothing. */
const BODY_BYTES = { total: 64_000_000, perUser: 16_000_000 }
const FREE_BYTES = 16_384

/** Files that are being uploaded, beyond what is kept in memory. */
const UPLOADS = { total: 16, perUser: 2 }

/** A body of which nothing comes for so many milliseconds is given up. */
const STALLED_MS = 15_000

/** A body that is refused while it comes in. */
export class RefusedBody extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

const STALLED: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request came too slowly',
  details: [{ path: '', expected: `some of the body every ${STALLED_MS / 1_000} s` }],
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

/** A file that was uploaded. Closed when the request is answered. */
export type UploadedFile = Upload & { close: () => Promise<void> }

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a route that takes a file. */
    upload: UploadedFile | undefined
  }
}

/** Reads the bodies of requests: bounded in all, and those of each user. */
export class Bodies {
  readonly #bytes = new Held('bytes of bodies that are not complete', BODY_BYTES)
  readonly #uploads = new Held('large uploads', UPLOADS)
  readonly #directory: string

  /** `directory`: where large files are kept until they are read. */
  constructor(directory: string) {
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
      return Buffer.from(gathered.take().buffer).toString()
    } finally {
      counted.end()
    }
  }

  /** A file, of which little is kept in memory. */
  async file(request: FastifyRequest, payload: Readable): Promise<UploadedFile> {
    const who = chargedBy(request)
    const spool = new Spool(this.#directory)
    const counted = this.#counting(who)
    let spilt = false
    const close = async () => {
      if (spilt) this.#uploads.giveBack(who, 1)
      spilt = false
      await spool.close()
    }
    try {
      for await (const chunk of chunksOf(request, payload)) {
        if (!spilt && spool.spills(chunk.length)) {
          refuse(this.#uploads.take(who, 1))
          spilt = true
        }
        if (!spilt) counted.add(chunk.length)
        await spool.add(chunk)
      }
      return { who, source: spool.source(), bytes: spool.bytes, close }
    } catch (err) {
      await close()
      throw err
    } finally {
      counted.end()
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

/** Has the routes of a scope take a file as their body, which `request.upload` leads to. */
export function takeFiles(scope: FastifyInstance): void {
  scope.decorateRequest('upload', undefined)
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: Readable) => {
      request.upload = await request.server.door.bodies.file(request, payload)
      return {}
    },
  )
  scope.addHook('onResponse', async ({ upload }) => upload?.close())
}
