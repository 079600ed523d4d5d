import { API_PREFIX } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { Replacements } from './wiring.js'
import { composeTalus } from './talus.js'
import { configure, type Settings } from './config/config.js'
import { SettingError } from './errors.js'
import { builtPages } from './files.js'
import { type Guard, guardRest } from './http/guards.js'
import { mountStudio } from './http/server-routes.js'
import { followContract } from './http/server.js'
import { takeLongParts } from './http/paths.js'
import { serveOtherListeners } from './sockets/server.js'

/** What `talus` is registered with. */
export type TalusOptions = Replacements & {
  /**
   * How Talus runs, as for a server of its own: `{ dataDir: './data' }`. How the application listens
   * is its own: `host`, `port`, `tlsCert`, `tlsKey` and `metricsPort` are refused, and so are
   * `docs` and `studio`, whose pages a server of its own has.
   */
  settings?: Settings
  /**
   * Where the studio is, a page to work and look around: a path such as `/studio`, or `/`. Whoever
   * may open the page is up to the application; what it shows it asks of the API. Default: nowhere.
   */
  studio?: string
}

/** Settings of an HTTP server of its own. Here the application has one, with pages of its own. */
const OF_THE_APPLICATION = [
  'host',
  'port',
  'tlsCert',
  'tlsKey',
  'metricsPort',
  'docs',
  'studio',
] as const

function refuseWhatCannotHold(app: FastifyInstance, settings: Settings): void {
  const misplaced = OF_THE_APPLICATION.find((name) => {
    // Without its pages is how it runs here.
    const isGiven = settings[name] !== undefined
    return isGiven && settings[name] !== 'off'
  })
  if (misplaced !== undefined) {
    throw new SettingError(`'${misplaced}' is for the application to decide, not for Talus`)
  }
  if (app.prefix !== '') {
    throw new SettingError(
      `Clients look for Talus at ${API_PREFIX} and /socket.io: register it without a prefix`,
    )
  }
}

/** Serves the studio at a path of the application. */
async function serveStudio(app: FastifyInstance, path: string, guard: Guard): Promise<void> {
  if (!/^(\/|(\/[\w.~-]+)+)$/.test(path)) {
    throw new SettingError(`studio is '${path}': expected a path such as /studio, or /`)
  }
  const pages = builtPages('studio')
  if (pages === undefined) throw new SettingError('studio: its pages are not in this build')
  await app.register(async (scope) => {
    guardRest(scope, guard)
    await mountStudio(scope, pages, path === '/' ? '' : path)
  })
}

/**
 * Fastify plugin: Talus in an application of yours, on its HTTP server. `/socket.io`, and everything
 * below `/api/v1` that you have no route for, is answered by Talus; the rest stays yours. Your error
 * handlers and parsers are not for its routes; hooks of the application itself are, like those of any
 * route, and so is its CORS.
 *
 * ```ts
 * const app = fastify()
 * await app.register(talus, { settings: { dataDir: './data' }, authenticate })
 * await app.listen({ host: '127.0.0.1', port: 3000 })
 * ```
 *
 * `app.close()` lets what was taken in become durable and answers it before connections end.
 *
 * Rejects with a SettingError when a setting is wrong, or when nobody would be authenticated:
 * neither `authenticate` nor a source of keys is given, nor `insecure: true`, as Talus does not know
 * where the application is going to listen. Rejects with a StorageError when the data cannot be
 * opened.
 */
export async function talus(app: FastifyInstance, options: TalusOptions = {}): Promise<void> {
  const { settings = {}, studio, ...replacements } = options
  refuseWhatCannotHold(app, settings)
  const config = configure(settings, { proven: replacements.authenticate !== undefined })
  if (!replacements.authenticate && config.auth === null && !config.insecure) {
    throw new SettingError(
      'Nobody would be authenticated: give authenticate, jwtSecret, jwtPublicKey or jwksUrl, or insecure: true',
    )
  }
  const hasTls = 'setSecureContext' in app.server
  const composed = await composeTalus(config, replacements, { hasTls })
  app.addHook('preClose', () => composed.finish())
  app.addHook('onClose', () => composed.close())
  const { faults, guard } = composed
  const { messageBytes } = config.limits
  await app.register(
    async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.bodyLimit ??= messageBytes
      })
      takeLongParts(scope)
      composed.watch(scope)
      await followContract(scope, { faults, guard })
      composed.mountApi(scope)
    },
    { prefix: API_PREFIX },
  )
  if (studio !== undefined) await serveStudio(app, studio, guard)
  composed.attach(app.server)
  serveOtherListeners(app)
}
