import type { RouteName } from '@talus/protocol'
import type { Act, AuditFacts } from '../../gate/audit.js'
import { textIn } from './door.js'

/** The routes that do what must be accounted for. */
const ACTS: Partial<Record<RouteName, Act>> = {
  CreateSession: 'session.created',
  RestoreRoute: 'session.restored',
  DeleteSession: 'session.deleted',
  CreateProject: 'project.created',
  ImportProject: 'project.created',
  LoadProject: 'project.loaded',
  DeleteProject: 'project.deleted',
  PutMember: 'member.changed',
  DeleteMember: 'member.removed',
  CreateShareLink: 'share-link.created',
  DeleteShareLink: 'share-link.revoked',
}

export function isAct(route: RouteName): boolean {
  return ACTS[route] !== undefined
}

type Done = { params: unknown; body: unknown; answer: unknown }

/** What was done by a route, and to what; undefined where nothing has to be accounted for. */
export function actOf(
  route: RouteName,
  { params, body, answer }: Done,
): { act: Act; facts: Partial<AuditFacts> } | undefined {
  const act = ACTS[route]
  if (act === undefined) return undefined
  const link = (answer as { link?: unknown }).link
  const facts = {
    session_id: textIn(params, 'session_id') ?? textIn(answer, 'session_id'),
    project_id: textIn(params, 'project_id') ?? textIn(answer, 'project_id'),
    member_id: textIn(params, 'actor_id'),
    role: textIn(body, 'role'),
    link_id: textIn(params, 'link_id') ?? textIn(link, 'link_id'),
  }
  return { act, facts }
}
