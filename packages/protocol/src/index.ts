export { ACCESS_TABLE } from './access/access-table.js'
export type { AccessRow, AccessSubject } from './access/access-table.js'
export { accessText } from './access/access-text.js'
export { VISITORS } from './access/access-table.js'
export type { Outcome, VisitorName } from './access/access-table.js'
export { COMMANDS } from './commands/index.js'
export type {
  BatchCommand,
  Command,
  CommandData,
  CommandResult,
  CommandType,
  SimpleCommand,
} from './commands/index.js'
export { MAX_BATCH } from './commands/batch.js'
export { commandTypeOf, parseCommand } from './commands/parse.js'
export { contractDocument, contractText } from './contract.js'
export type { Method, Namespace, Role, Scope } from './define.js'
export { ERROR_CODES, ERRORS } from './errors.js'
export type { ErrorCode, ErrorInfo } from './errors.js'
export type {
  ClientAck,
  ClientPayload,
  ClientToServerEvents,
  GraphClientToServerEvents,
  GraphPayload,
  GraphServerToClientEvents,
  RootPayload,
  ServerToClientEvents,
} from './event-maps.js'
export { describeValue } from './error-details.js'
export { CLIENT_EVENTS } from './events/client/index.js'
export { GRAPH_EVENTS } from './events/graph/index.js'
export { ROOT_EVENTS } from './events/root/index.js'
export { Ack, AckFailure, AckSuccess, Skipped, SkipReason, UndoOutcome } from './model/ack.js'
export { Actor, ActorClaim, ANONYMOUS } from './model/actor.js'
export { Affordances, EditableProperty, MAX_MOVE_TARGETS } from './model/affordances.js'
export {
  Change,
  GraphReplaced,
  NodeAdded,
  NodeMoved,
  NodeRemoved,
  PropertySet,
} from './model/change.js'
export { CommandAnswer } from './model/ack.js'
export { Entry, EntryKind } from './model/entry.js'
export { ErrorBody, ErrorCodeSchema, ErrorDetail, ErrorEnvelope } from './model/failure.js'
export { GraphState } from './model/graph.js'
export { GraphTree, TreeNode } from './model/graph.js'
export {
  ChangeSummary,
  HistoryEntry,
  HistoryPage,
  NodeHistoryEntry,
  NodeHistoryPage,
} from './model/history.js'
export { GraphHandshake, Handshake, HandshakeRefusal } from './model/handshake.js'
export { Health } from './model/health.js'
export {
  ActorId,
  BlueprintTypeId,
  CommandId,
  NodeId,
  ProjectId,
  ProjectName,
  PropertyId,
  SessionId,
  TemplateId,
} from './model/id.js'
export { JsonObject, JsonValue } from './model/json.js'
export { Moment } from './model/seq.js'
export { Node, NodeOrigin } from './model/node.js'
export { Position } from './model/node.js'
export { Member, RoleSchema, SessionMember } from './model/member.js'
export {
  MAX_PRESENCE_BYTES,
  Participant,
  Presence,
  PresenceChange,
  PresenceState,
} from './model/presence.js'
export { Preview, PreviewSuccess } from './model/history.js'
export { ImportWarning, OpenedProject, Orphans, ProjectInfo } from './model/project.js'
export { DocumentNode, ProjectDocument } from './model/project.js'
export {
  MAX_SEARCH_PATH,
  SearchCondition,
  SearchMatch,
  SearchOperator,
  SearchPage,
  SearchQuery,
} from './model/search.js'
export { RestoreRequest } from './model/undo-request.js'
export { Epoch, Seq, Timestamp } from './model/seq.js'
export { SessionInfo } from './model/session.js'
export { LinkId, SharedRole, ShareLink, ShareToken } from './model/member.js'
export { TemplateInfo, TemplateIssue, TemplateReport, TypeAccess } from './model/template.js'
export { UndoRequest } from './model/undo-request.js'
export { checkJson, MAX_DEPTH } from './plain-json.js'
export type { JsonLimits } from './plain-json.js'
export { fail, ok } from './result.js'
export type { Failure, Result } from './result.js'
export type { RouteAddress, RouteBody, RouteLine, RouteName, RouteResponse } from './route-types.js'
export { ANY_ROUTE_ERRORS, API_PREFIX, ROUTES } from './routes/index.js'
export { schemaText } from './schema-text.js'
export { check } from './validation.js'
export { isSupportedVersion, MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from './version.js'
