import { fail, ok, ROUTES, type ProjectInfo, type Result, type RouteName } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Permit } from '../../limits/concurrency-limit.js'
import { ROUTE_COSTS, type Extent } from '../../limits/costs.js'
import type { Parsers } from '../../parsing/parsers.js'
import type { ProjectService } from '../../projects/project-service.js'
import type { Opened } from '../../projects/project-sessions.js'
import { roleOf } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import type { SessionStore } from '../../sessions/session-store.js'
import { takeFiles } from './bodies.js'
import { callerElsewhere, chargedBy, listedFor, mayCreate } from './door.js'
import { goneBesides, goneSignal } from './gone.js'
import { streamed } from './json-stream.js'
import { listPage } from './list-page.js'
import { openedJson } from './opened-json.js'
import { mount, RawJson, type RouteHandler } from './route.js'
import { callerNow, GONE, isStream } from './session-read.js'

const { requires } = ROUTES.LoadProject

/** What is not known counts as much. */
const LARGE: Extent = { nodes: 100_000, chars: 10_000_000, entryChars: 10_000_000, entries: 0 }

function factsOf({ project, session }: Opened): object {
  return { project_id: project.project_id, session_id: session.record.session_id }
}

/** The whole graph is written while it is sent. */
async function answerWith(opened: Result<Opened>, permit: Permit): Promise<Result<RawJson>> {
  if (!opened.ok) return opened
  const text = await streamed(openedJson(opened.value), permit)
  return ok(new RawJson(text, factsOf(opened.value)))
}

/** Releases the permit when the work has ended, or leaves it to the stream that it gave. */
async function holding(
  permit: Permit,
  work: () => Promise<Result<RawJson>>,
): Promise<Result<RawJson>> {
  let isHeld = false
  try {
    const answer = await work()
    isHeld = isStream(answer)
    return answer
  } catch (err) {
    if (permit.gone.aborted) return GONE
    throw err
  } finally {
    if (!isHeld) permit.release()
  }
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
          const allowed = await mayCreate(reply, caller)
          const opened = allowed.ok ? await projects.import(caller.actor, file, query) : allowed
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

/** What the session of a project measures; of one that is not there, a large one. */
async function extentOf({ projects, sessions }: ProjectParts, project_id: string): Promise<Extent> {
  const session = await projects.sessionOf(project_id)
  return session ? sessions.extentOf(session) : LARGE
}

/** Does work on a whole project once it is admitted by its cost (rule LIM10). */
async function admitted(
  parts: ProjectParts,
  { name, project_id, reply }: { name: RouteName; project_id: string; reply: FastifyReply },
  work: (permit: Permit) => Promise<Result<RawJson>>,
): Promise<Result<RawJson>> {
  const { units } = ROUTE_COSTS[name]
  const demand = {
    user: chargedBy(reply.request),
    session_id: `project ${project_id}`,
    units: units?.(await extentOf(parts, project_id), {}) ?? 0,
  }
  const permit = await reply.server.door.work.admit(demand, goneSignal(reply))
  return permit.ok ? holding(permit.value, () => work(permit.value)) : permit
}

export function mountProjects(app: FastifyInstance, parts: ProjectParts): void {
  const { projects } = parts
  void app.register(async (scope) => mountImport(scope, parts))
  mount(app, 'CreateProject', async ({ caller, body, reply }) => {
    const allowed = await mayCreate(reply, caller)
    const opened = allowed.ok ? await projects.create(caller.actor, body) : allowed
    if (!opened.ok) return opened
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
