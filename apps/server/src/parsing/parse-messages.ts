import type { Result } from '@talus/protocol'
import type { NameKeys, ReaderLimits } from './project-reader.js'

/** Where the bytes of a project file are: in memory, or in an open file. */
export type FileSource = { bytes: Uint8Array<ArrayBuffer> } | { fd: number; size: number }

/** What the thread does, one thing at a time. `read`, `prepare` and so on are about one file. */
export type ParseWork = {
  /** A template, as YAML or JSON text: its report as JSON. */
  template: (text: string, form: 'yaml' | 'json') => Result<string>
  /** Takes in a project file: the template that it names. */
  read: (source: FileSource, limits: ReaderLimits) => Result<{ template_id: string | null }>
  prepare: (preparation: {
    template_id: string | undefined
    name_keys: NameKeys
    now: string
  }) => Result<{ count: number; name: string | undefined }>
  next: () => Result<string | undefined>
  envelope: () => Result<string>
}

export type ParseRequest = {
  [M in keyof ParseWork]: { method: M; args: Parameters<ParseWork[M]> }
}[keyof ParseWork]

export type ParseReply = { state: 'done'; value: unknown } | { state: 'failed'; error: unknown }
