import type { FastifyInstance } from 'fastify'
import { requestMeter } from '../observability/request-meter.js'
import { Turns } from '../projects/turns.js'
import { packageVersion } from '../package-files.js'
import { Bodies } from '../transport/rest/bodies.js'
import { mountAffordances } from '../transport/rest/affordance-routes.js'
import { mountCommands } from '../transport/rest/command-routes.js'
import { openDoor } from '../transport/rest/door.js'
import { mountGraph } from '../transport/rest/graph-routes.js'
import { mountHealth } from '../transport/rest/health-routes.js'
import { mountHistory } from '../transport/rest/history-routes.js'
import { mountMembers } from '../transport/rest/member-routes.js'
import { mountProjects } from '../transport/rest/project-routes.js'
import { mountSearch } from '../transport/rest/search-routes.js'
import { mountSessions } from '../transport/rest/session-routes.js'
import { mountTemplates } from '../transport/rest/template-routes.js'
import { watchRequests } from '../transport/rest/watch.js'
import type { Composition } from './composition.js'

/** Has every request of the scope received, and accounted for once it is answered. */
export function watchApi(
  scope: FastifyInstance,
  { config, observation, core, admission }: Composition,
): void {
  const { audit, tracer, metrics } = observation
  const { access, reception, requests, work, quota, json, addressOf } = admission
  watchRequests(scope, { audit, answered: requestMeter(metrics.instruments), tracer })
  openDoor(scope, {
    access,
    reception,
    audit,
    requests,
    work,
    spending: core.spending,
    quota,
    json,
    bodies: new Bodies(config.dataDir),
    addressOf,
    turns: new Turns(),
    sessionOfProject: async (project_id) =>
      (await core.journal.findProject(project_id))?.session_id,
  })
}

/** Mounts every route of the contract. */
export function mountApi(scope: FastifyInstance, composition: Composition): void {
  const { config, observation, sources, core, admission, contractHash } = composition
  const { sessions, hub, chronicle, memberships, links, projects, templates, parsers } = core
  const services = {
    sessions,
    dispatcher: observation.watched(admission.dispatcher, 'rest'),
    chronicle,
    after: sources.after,
    hub,
    contractHash,
    serverVersion: packageVersion(),
    isOpen: composition.isOpen,
    unreadiness: composition.unreadiness,
  }
  mountHealth(scope, services)
  mountSessions(scope, services, (template_id) => templates.get(template_id))
  mountMembers(scope, { sessions, memberships, links })
  mountGraph(scope, services)
  mountHistory(scope, services)
  mountAffordances(scope, services)
  mountSearch(scope, services)
  mountCommands(scope, services)
  mountProjects(scope, { projects, sessions, parsers, importBytes: config.limits.importBytes })
  mountTemplates(scope, templates, parsers)
}
