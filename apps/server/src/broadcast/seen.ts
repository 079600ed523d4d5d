import { epochOf, jsonInSteps, type RoleView, type Steps } from '@talus/graph'
import type { ErrorBody, ErrorDetail } from '@talus/protocol'
import type { Publication, SessionContext } from './publication.js'

function withoutValue({ path, expected, hint }: ErrorDetail): ErrorDetail {
  return { path, expected, ...(hint !== undefined && { hint }) }
}

/** The values that a refusal repeats are those that somebody wanted to write. */
function withoutValues(error: ErrorBody): ErrorBody {
  return error.details ? { ...error, details: error.details.map(withoutValue) } : error
}

/** What a room learns, as a view shows it (rules VIEW2, VIEW6). */
export function seenPublication(publication: Publication, view: RoleView): Publication {
  switch (publication.kind) {
    case 'committed': {
      const entry = view.entry(publication.entry)
      if (entry === publication.entry) return publication
      return { ...publication, entry, body: JSON.stringify(entry) }
    }
    case 'unchanged': {
      const { label: _, ...command } = publication.command
      return { ...publication, command }
    }
    case 'failed':
      return { ...publication, error: withoutValues(publication.error) }
    case 'executing':
    case 'saved':
      return publication
    default:
      return publication satisfies never
  }
}

/** The same in steps, for an entry about many nodes. */
export function* seenPublicationInSteps(
  publication: Publication,
  view: RoleView,
): Steps<Publication> {
  if (publication.kind !== 'committed') return seenPublication(publication, view)
  const entry = yield* view.entryInSteps(publication.entry)
  if (entry === publication.entry) return publication
  return { ...publication, entry, body: yield* jsonInSteps(entry) }
}

/** A session as a view names it: its history is another one. */
export function seenContext(session: SessionContext, view: RoleView): SessionContext {
  return { ...session, epoch: epochOf(session.epoch, view) }
}
