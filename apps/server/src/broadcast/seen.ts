import { epochOf, jsonInSteps, type RoleView, type Steps } from '@talus/graph'
import { ERRORS, type ErrorBody, type ErrorDetail } from '@talus/protocol'
import type { Publication, SessionContext } from './publication.js'

/** The fields of commands that hold what is written: what is below them are keys of values. */
const CONTENTS = /\/(?:new_value|old_value|metadata|properties)(?=\/)/

/** What is wrong and with which field; neither the value nor what is inside of it. */
function withoutValue({ path, expected }: ErrorDetail): ErrorDetail {
  const content = CONTENTS.exec(path)
  return { path: content ? path.slice(0, content.index + content[0].length) : path, expected }
}

/**
 * A refusal repeats what somebody wanted to write: values, keys inside of them, and names that may
 * be of anything. In a limited view it says what its code says (rules VIEW6, VIEW7).
 */
function withoutValues(whole: ErrorBody): ErrorBody {
  const { message: _, details, ...error } = whole
  const message = ERRORS[error.code].description
  return { ...error, message, ...(details && { details: details.map(withoutValue) }) }
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
