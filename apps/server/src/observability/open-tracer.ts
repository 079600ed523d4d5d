import type { OperationSettings } from '../config/operation-flags.js'
import type { After } from '../presence/beat.js'
import { SettingError } from './setting-error.js'
import type { Tracer } from './tracer.js'

type Options = { serverVersion: string; after: After }

function isMissing(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'ERR_MODULE_NOT_FOUND'
}

/** The tracer that the settings ask for; what it takes is loaded only then. */
export async function openTracer(
  traces: NonNullable<OperationSettings['traces']>,
  options: Options,
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
