import type { Opened } from '../../projects/project-sessions.js'
import { orphansJson } from '../../projects/orphans.js'
import { graphJson } from './graph-json.js'
import type { JsonPieces } from './json-stream.js'

/** What whoever opens a project is told, as `OpenedProject`, in pieces. */
export function openedJson({
  project,
  session,
}: Opened): JsonPieces & Iterable<string | undefined> {
  const { context, blueprint } = session
  const { seq, image } = session.withDurable(({ seq: at, graph }) => ({
    seq: at,
    image: graph.image(),
  }))
  const { session_id, project_id, template_id, epoch } = context
  const graph = { session_id, project_id, template_id, seq, epoch }
  const head = { project_id: project.project_id, project_name: project.project_name, session_id }
  return (function* () {
    yield `${JSON.stringify(head).slice(0, -1)},"graph":`
    yield* graphJson(graph, image.nodes())
    yield ',"orphans":'
    yield* orphansJson(() => image.nodes(), blueprint)
    yield '}'
  })()
}
