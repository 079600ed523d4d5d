import type { ErrorCode } from '../errors.js'
import { CreateProject } from './create-project.js'
import { CreateSession } from './create-session.js'
import { CreateShareLink } from './create-share-link.js'
import { DeleteMember } from './delete-member.js'
import { DeleteProject } from './delete-project.js'
import { DeleteSession } from './delete-session.js'
import { DeleteShareLink } from './delete-share-link.js'
import { ExecuteCommandRoute } from './execute-command.js'
import { ExportProject } from './export-project.js'
import { GetAffordances } from './get-affordances.js'
import { GetChanges } from './get-changes.js'
import { GetDiff } from './get-diff.js'
import { GetGraphTree } from './get-graph-tree.js'
import { GetGraph } from './get-graph.js'
import { GetHealth } from './get-health.js'
import { GetHistory } from './get-history.js'
import { GetMember } from './get-member.js'
import { GetNodeHistory } from './get-node-history.js'
import { GetNode } from './get-node.js'
import { GetProject } from './get-project.js'
import { GetReady } from './get-ready.js'
import { GetSession } from './get-session.js'
import { GetTemplateSchema } from './get-template-schema.js'
import { ImportProject } from './import-project.js'
import { ListMembers } from './list-members.js'
import { ListProjects } from './list-projects.js'
import { ListSessions } from './list-sessions.js'
import { ListShareLinks } from './list-share-links.js'
import { ListTemplates } from './list-templates.js'
import { LoadProject } from './load-project.js'
import { PreviewCommandRoute } from './preview-command.js'
import { PutMember } from './put-member.js'
import { RedoRoute } from './redo.js'
import { RestoreRoute } from './restore.js'
import { SaveProject } from './save-project.js'
import { SearchGraph } from './search-graph.js'
import { UndoRoute } from './undo.js'
import { ValidateTemplate } from './validate-template.js'

/** Every REST route, below the prefix `/api/v1`. */
export const ROUTES = {
  GetHealth,
  GetReady,
  CreateSession,
  ListSessions,
  GetSession,
  DeleteSession,
  ListMembers,
  GetMember,
  PutMember,
  DeleteMember,
  CreateShareLink,
  ListShareLinks,
  DeleteShareLink,
  GetGraph,
  GetGraphTree,
  GetNode,
  GetAffordances,
  SearchGraph,
  GetChanges,
  GetHistory,
  GetNodeHistory,
  GetDiff,
  ExecuteCommandRoute,
  PreviewCommandRoute,
  UndoRoute,
  RedoRoute,
  RestoreRoute,
  CreateProject,
  ListProjects,
  GetProject,
  DeleteProject,
  SaveProject,
  LoadProject,
  ImportProject,
  ExportProject,
  ListTemplates,
  GetTemplateSchema,
  ValidateTemplate,
} as const

/** What any route may answer with, beside the errors that it declares itself. */
export const ANY_ROUTE_ERRORS = [
  'BAD_REQUEST',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'LIMIT_EXCEEDED',
  'PAYLOAD_TOO_LARGE',
  'INTERNAL_ERROR',
  'STORAGE_UNAVAILABLE',
  'OVERLOADED',
] as const satisfies ErrorCode[]

/** Where the routes are mounted. */
export const API_PREFIX = '/api/v1'
