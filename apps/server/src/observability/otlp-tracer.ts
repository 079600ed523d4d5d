import {
  type Context,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { After } from '../clock.js'
import type { Ending, Followed, Milestone, Parent, Span, Trace, Tracer } from './tracing.js'

/** What lies before each milestone; what lies after the last one is the write to the clients. */
const STEPS: Record<Milestone, string> = {
  admitted: 'gate',
  planned: 'plan',
  taken: 'gather',
  durable: 'append',
  published: 'publish',
}

/** Collectors that do not answer are not waited for any longer, in milliseconds. */
const PATIENCE_MS = 2_000

const TRACES_PATH = 'v1/traces'

/** Milliseconds since 1970, finer than a clock that is set, and never backwards. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Notes when milestones are reached, and makes spans of them once all is over. */
class FollowedSpan implements Span {
  readonly #tracer: OtelTracer
  readonly #span: OtelSpan
  readonly context: Context
  readonly #marks: { milestone: Milestone; at: number }[] = []
  #from: number

  constructor(tracer: OtelTracer, span: OtelSpan, began: number) {
    this.#tracer = tracer
    this.#span = span
    this.#from = began
    this.context = trace.setSpan(ROOT_CONTEXT, span)
  }

  reached(milestone: Milestone): void {
    this.#marks.push({ milestone, at: now() })
  }

  end({ isFault, attributes }: Ending): void {
    const over = now()
    for (const { milestone, at } of this.#marks) this.#step(STEPS[milestone], at)
    if (this.#marks.at(-1)?.milestone === 'published') this.#step('broadcast', over)
    this.#span.setAttributes(attributes)
    if (isFault) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    this.#span.end(over)
  }

  #step(name: string, until: number): void {
    this.#tracer.startSpan(name, { startTime: this.#from }, this.context).end(until)
    this.#from = until
  }
}

const propagator = new W3CTraceContextPropagator()

const HEADERS = {
  keys: (headers: Record<string, unknown>) => Object.keys(headers),
  get(headers: Record<string, unknown>, key: string) {
    const value = headers[key]
    return typeof value === 'string' ? value : undefined
  },
}

function contextOf(parent: Parent | undefined): Context {
  if (!parent) return ROOT_CONTEXT
  if ('headers' in parent) return propagator.extract(ROOT_CONTEXT, parent.headers, HEADERS)
  const { span }: { span: Trace } = parent
  return span instanceof FollowedSpan ? span.context : ROOT_CONTEXT
}

/** The standard path below the endpoint, unless the endpoint has a path already. */
function tracesUrl(endpoint: string): string {
  const { pathname } = new URL(endpoint)
  return pathname === '/' ? new URL(TRACES_PATH, endpoint).href : endpoint
}

/** Sends traces to a collector, as OTLP over HTTP in JSON. Nothing of it is global. */
export function openOtlpTracer(
  { endpoint, ratio }: { endpoint: string; ratio: number },
  { serverVersion, after }: { serverVersion: string; after: After },
): Tracer {
  const exporter = new OTLPTraceExporter({ url: tracesUrl(endpoint), timeoutMillis: PATIENCE_MS })
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': 'talus-server', 'service.version': serverVersion }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const tracer = provider.getTracer('talus-server', serverVersion)
  return {
    begin({ name, isEntry, attributes }: Followed, parent?: Parent) {
      const began = now()
      const kind = isEntry ? SpanKind.SERVER : SpanKind.INTERNAL
      const span = tracer.startSpan(name, { kind, attributes, startTime: began }, contextOf(parent))
      return span.isRecording() ? new FollowedSpan(tracer, span, began) : undefined
    },
    close: () =>
      new Promise((resolve) => {
        after(PATIENCE_MS, resolve)
        provider.shutdown().then(resolve, () => resolve())
      }),
  }
}
