import { API_PREFIX, type JsonObject } from '@talus/protocol'
import { buildApp, type App } from './app.js'
import type { Replacements } from './wiring.js'
import { configure, type Settings } from './config/config.js'
import { createMemoryJournal } from './journal/index.js'
import { fixedTemplates } from './projects/templates.js'

/** How a test server differs from any other. */
export type TestServerOptions = Omit<Replacements, 'journal' | 'templates'> & {
  /** Templates by id, as YAML text or as the objects they describe; else those that ship with Talus. */
  templates?: Readonly<Record<string, string | JsonObject>>
  /** As for any server; nothing is logged unless `logLevel` says so. */
  settings?: Settings
}

/** What a session is made from, and by whom. */
export type NewSession = {
  /** The id of a template: then the session is that of a project, with its root. */
  template?: string
  /** The name of the project and of its root. */
  name?: string
  /** Who makes it, and owns it, where there is authentication. */
  token?: string
  /** Who makes it, where there is none. */
  actor?: string
}

/** A session that was made. Without a template it has neither project nor root. */
export type TestSession = { session_id: string; project_id: string | null; root_id: string | null }

/** A running server of its own. */
export type TestServer = {
  /** Where it is, e.g. `http://127.0.0.1:40123`. */
  readonly url: string
  /** Makes a session. Rejects with an Error that has the refusal. */
  createSession: (session?: NewSession) => Promise<TestSession>
  /**
   * Resolves when every command that has arrived is durable, and its events are written to the
   * connections: not yet when clients have read them.
   */
  settled: () => Promise<void>
  /** Stops it. Nothing is left. */
  close: () => Promise<void>
  [Symbol.asyncDispose]: () => Promise<void>
}

type CreatedAnswer = { session_id: string; project_id?: string | null; graph?: { roots: string[] } }

async function createSession({ rest }: App, session: NewSession): Promise<TestSession> {
  const { template, name = 'Test', token, actor } = session
  const response = await rest.inject({
    method: 'POST',
    url: `${API_PREFIX}/${template === undefined ? 'sessions' : 'projects'}`,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(actor !== undefined && { 'x-actor-id': actor }),
    },
    payload: template === undefined ? {} : { template_id: template, project_name: name },
  })
  if (response.statusCode >= 400) throw new Error(`No session was made: ${response.body}`)
  const { session_id, project_id = null, graph } = response.json<CreatedAnswer>()
  return { session_id, project_id, root_id: graph?.roots[0] ?? null }
}

/**
 * Starts the real server for a test: on a free port of 127.0.0.1, with everything in memory. Several
 * in one process do not know of each other.
 *
 * ```ts
 * await using server = await startTestServer()
 * const { session_id } = await server.createSession({ template: 'film-production' })
 * ```
 *
 * Rejects with a SettingError when a setting is wrong, with an Error when a template is.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { templates, settings, ...replacements } = options
  const proven = replacements.authenticate !== undefined
  const config = configure({ port: 0, logLevel: 'silent', ...settings }, { proven })
  const app = await buildApp(config, {
    ...replacements,
    journal: createMemoryJournal(),
    ...(templates && { templates: fixedTemplates(templates) }),
  })
  const url = await app.listen()
  let closing: Promise<void> | undefined
  const close = () => (closing ??= app.close())
  return {
    url,
    createSession: (session = {}) => createSession(app, session),
    settled: () => app.settled(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
