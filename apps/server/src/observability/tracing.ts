import type { After } from '../clock.js'
import type { OperationSettings } from '../config/server.js'
import { SettingError } from '../errors.js'

/** What a command passes on its way, in this order. */
export type Milestone = 'admitted' | 'planned' | 'taken' | 'durable' | 'published'

/** Follows one request or command through the server; there only while somebody traces. */
export interface Trace {
  reached(milestone: Milestone): void
}

type Attributes = Record<string, string | number | undefined>

/** How it ended. `isFault`: the server failed, rather than that it refused. */
export type Ending = { isFault: boolean; attributes: Attributes }

/** A request or a command that is being followed. */
export interface Span extends Trace {
  end(ending: Ending): void
}

/** Where a span belongs: below another one, or below what a caller's header names (W3C). */
export type Parent = { span: Trace } | { headers: Record<string, unknown> }

/** What is to be followed. `entry`: whether it came from outside, or from another span. */
export type Followed = { name: string; isEntry: boolean; attributes: Attributes }

/** Follows requests and commands through the server. */
export interface Tracer {
  /** Undefined when this one is not among those that are traced. */
  begin(followed: Followed, parent?: Parent): Span | undefined
  /** Hands over what has been gathered, and ends. Does not wait long. */
  close(): Promise<void>
}

type TracerOptions = { serverVersion: string; after: After }

function isMissing(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'ERR_MODULE_NOT_FOUND'
}

/** The tracer that the settings ask for; what it takes is loaded only then. */
export async function openTracer(
  traces: NonNullable<OperationSettings['traces']>,
  options: TracerOptions,
): Promise<Tracer> {
  try {
    const { openOtlpTracer } = await import('./otlp-tracer.js')
    return openOtlpTracer(traces, options)
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new SettingError(
      '--otlp-endpoint (TALUS_OTLP_ENDPOINT) needs the optional packages @opentelemetry/*: install them',
      { cause },
    )
  }
}
