import { fail, ok, type ProjectInfo, type Result, type RouteName, ROUTES } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { authorise } from '../auth/access.js'
import { type Caller, roleOf } from '../auth/identity.js'
import type { Permit } from '../limits/concurrency.js'
import { type Extent, ROUTE_COSTS } from '../limits/costs.js'
import type { Parsers } from '../projects/parsers.js'
import type { Creator } from '../projects/register.js'
import type { ProjectService } from '../projects/service.js'
import type { OpenedProject } from '../projects/sessions.js'
import { templateDigest, type Templates } from '../projects/templates.js'
import type { SessionStore } from '../session/store.js'
import { takeFiles } from './bodies.js'
import { openedJson, streamed } from './json.js'
import { listPage, partOf } from './list-page.js'
import { callerElsewhere, chargedBy, isWriting, listedFor, mayCreate } from './request.js'
import { mount, RawJson, type RouteHandler } from './route.js'
import { callerNow, goneBesides, goneSignal, holding } from './session-read.js'

const { requires } = ROUTES.LoadProject

function creatorOf(caller: Caller, reply: FastifyReply): Creator {
  return {
    actor: caller.actor,
    mayCreate: () => mayCreate(reply, caller),
    // The answer has the whole graph, as its creator sees it.
    mayOpen: async (session_id) => authorise(await callerElsewhere(reply, session_id), 'owner'),
  }
}

/** What is not known counts as much. */
const LARGE: Extent = { nodes: 100_000, chars: 10_000_000, entryChars: 10_000_000, entries: 0 }

function factsOf({ project, session, duplicate }: OpenedProject): object {
  const { project_id } = project
  return { project_id, session_id: session.record.session_id, duplicate: duplicate === true }
}

/** The whole graph is written while it is sent. */
async function answerWith(opened: Result<OpenedProject>, permit: Permit): Promise<Result<RawJson>> {
  if (!opened.ok) return opened
  const text = await streamed(openedJson(opened.value), permit)
  return ok(new RawJson(text, factsOf(opened.value)))
}

const NO_FILE = fail('BAD_REQUEST', 'There is no project file', [
  { path: '', expected: 'a project file in JSON' },
])

/** A file may be much larger than other bodies: it is read in a thread of its own. */
function mountImport(app: FastifyInstance, { projects, parsers, importBytes }: ProjectParts): void {
  takeFiles(app)
  mount(
    app,
    'ImportProject',
    async ({ caller, query, reply }) => {
      const { upload } = reply.request
      if (!upload) return NO_FILE
      const gone = goneBesides(reply)
      const read = await parsers.projectFile(upload, gone.signal)
      if (!read.ok) return read
      const file = read.value
      return holding(file.permit, async () => {
        gone.begin()
        try {
          const opened = await projects.import(creatorOf(caller, reply), file, query)
          if (!opened.ok) return opened
          gone.end()
          return await answerWith(opened, file.permit)
        } finally {
          file.close()
        }
      })
    },
    { bodyLimit: importBytes, isFile: true },
  )
}

/** `importBytes`: of a project file; ordinary messages are smaller. */
type ProjectParts = {
  projects: ProjectService
  sessions: SessionStore
  parsers: Parsers
  importBytes: number
}

/** Does work on a whole project once it is admitted by its cost (rules LIM13, LIM16). */
async function admitted(
  { projects, sessions }: ProjectParts,
  { name, project_id, reply }: { name: RouteName; project_id: string; reply: FastifyReply },
  work: (permit: Permit) => Promise<Result<RawJson>>,
): Promise<Result<RawJson>> {
  const { units } = ROUTE_COSTS[name]
  const session = await projects.sessionOf(project_id)
  // Without its session it is what is saved, of which nobody knows how much that is.
  const extent = session ? sessions.extentOf(session) : LARGE
  const session_id = session?.record.session_id ?? `project ${project_id}`
  const { spending } = reply.server.talusServices
  const { id: actor_id } = reply.request.visitor.identity.actor
  const overdrawn = isWriting(name) ? spending.refusal({ actor_id, session_id }) : undefined
  if (overdrawn) return { ok: false, error: overdrawn }
  const user = chargedBy(reply.request)
  const demand = { user, session_id, units: units?.(extent, {}) ?? 0 }
  const permit = await reply.server.talusServices.work.admit(demand, goneSignal(reply))
  return permit.ok ? holding(permit.value, () => work(permit.value)) : permit
}

export function mountProjects(app: FastifyInstance, parts: ProjectParts): void {
  const { projects } = parts
  void app.register(async (scope) => mountImport(scope, parts))
  mount(app, 'CreateProject', async ({ caller, body, reply }) => {
    const opened = await projects.create(creatorOf(caller, reply), body)
    if (!opened.ok) return opened
    if (opened.value.duplicate) {
      // It may have grown since: answered at the price of opening it.
      const { project_id } = opened.value.project
      const opening = { name: 'LoadProject', project_id, reply } as const
      return admitted(parts, opening, (permit) => answerWith(opened, permit))
    }
    // One node.
    return ok(new RawJson([...openedJson(opened.value)].join(''), factsOf(opened.value)))
  })
  mount(app, 'ListProjects', async ({ query, reply }) => {
    const of = listedFor(reply)
    const idOf = (project: ProjectInfo) => project.project_id
    const page = await listPage(query, idOf, (asked) => projects.list({ ...asked, of }))
    if (!page.ok) return page
    const { things, next_cursor } = page.value
    return ok({ projects: things, next_cursor })
  })
  mount(app, 'GetProject', ({ params }) => projects.get(params.project_id))
  const remove: RouteHandler<'DeleteProject'> = async ({ caller, params: { project_id } }) => {
    const deleted = await projects.delete(project_id, caller)
    return deleted.ok ? ok({ project_id, deleted: true }) : deleted
  }
  mount(app, 'DeleteProject', remove, { inTurn: true })
  mount(app, 'SaveProject', async ({ caller, params: { project_id }, reply }) =>
    admitted(parts, { name: 'SaveProject', project_id, reply }, async () => {
      const saved = await projects.save(project_id, caller)
      return saved.ok ? ok(new RawJson(JSON.stringify(saved.value))) : saved
    }),
  )
  mount(app, 'LoadProject', async ({ params: { project_id }, body: { session_id }, reply }) =>
    admitted(parts, { name: 'LoadProject', project_id, reply }, async (permit) => {
      // After the wait, by the roles of this moment.
      const own = await callerNow('LoadProject', { params: { project_id }, body: {}, reply })
      if (!own.ok) return own
      const load = { caller: own.value }
      if (session_id === undefined) return answerWith(await projects.load(project_id, load), permit)
      const there = await callerElsewhere(reply, session_id)
      const may = authorise(there, requires)
      if (!may.ok) return may
      const into = { session_id, caller: there }
      return answerWith(await projects.load(project_id, { ...load, into }), permit)
    }),
  )
  mount(app, 'ExportProject', async ({ params: { project_id }, reply }) =>
    admitted(parts, { name: 'ExportProject', project_id, reply }, async (permit) => {
      const caller = await callerNow('ExportProject', { params: { project_id }, reply })
      if (!caller.ok) return caller
      const file = await projects.export(project_id, roleOf(caller.value))
      return file.ok ? ok(new RawJson(await streamed(file.value, permit))) : file
    }),
  )
}

export function mountTemplates(app: FastifyInstance, catalogue: Templates, parsers: Parsers): void {
  mount(app, 'ListTemplates', ({ query }) => {
    const part = partOf(query, catalogue.list(), ({ template_id }) => ({
      created_at: '',
      id: template_id,
    }))
    if (!part.ok) return part
    const { things, ...page } = part.value
    return ok({ templates: things, ...page })
  })
  mount(app, 'GetTemplateSchema', ({ params, reply }) => {
    const template = catalogue.get(params.template_id)
    if (!template.ok) return template
    reply.header('etag', `"${templateDigest(template.value)}"`)
    return ok(template.value.document)
  })
  mount(app, 'ValidateTemplate', async ({ body: { template }, reply }) => {
    const asked = { who: chargedBy(reply.request), gone: goneSignal(reply) }
    const report = await parsers.templateReport(template, asked)
    return report.ok ? ok(new RawJson(report.value)) : report
  })
}
