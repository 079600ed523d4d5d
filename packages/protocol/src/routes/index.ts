import type { ErrorCode } from '../errors.js'
import { ExecuteCommandRoute, PreviewCommandRoute, RedoRoute, UndoRoute } from './commands.js'
import { GetAffordances, GetGraph, GetGraphTree, GetNode, SearchGraph } from './graph.js'
import { GetHealth, GetReady } from './health.js'
import { GetChanges, GetDiff, GetHistory, GetNodeHistory, RestoreRoute } from './history.js'
import {
  CreateShareLink,
  DeleteMember,
  DeleteShareLink,
  GetMember,
  ListMembers,
  ListShareLinks,
  PutMember,
} from './members.js'
import {
  CreateProject,
  DeleteProject,
  ExportProject,
  GetProject,
  ImportProject,
  ListProjects,
  LoadProject,
  SaveProject,
} from './projects.js'
import { CreateSession, DeleteSession, GetSession, ListSessions } from './sessions.js'
import { GetTemplateSchema, ListTemplates, ValidateTemplate } from './templates.js'

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
