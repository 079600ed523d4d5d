import type { RouteLine, RouteName } from '@talus/protocol'

/**
 * Method and path of every route of the contract. Written out, because the contract itself would
 * bring all its schemas along; the compiler compares each line with it.
 */
export const ROUTE_LINES: { readonly [Name in RouteName]: RouteLine<Name> } = {
  GetHealth: 'GET /health',
  GetReady: 'GET /ready',
  CreateSession: 'POST /sessions',
  ListSessions: 'GET /sessions',
  GetSession: 'GET /sessions/{session_id}',
  DeleteSession: 'DELETE /sessions/{session_id}',
  GetGraph: 'GET /graph',
  GetGraphTree: 'GET /sessions/{session_id}/graph/tree',
  GetNode: 'GET /sessions/{session_id}/nodes/{node_id}',
  GetAffordances: 'GET /sessions/{session_id}/nodes/{node_id}/affordances',
  SearchGraph: 'POST /graph/search',
  GetChanges: 'GET /sessions/{session_id}/changes',
  GetHistory: 'GET /sessions/{session_id}/history',
  GetNodeHistory: 'GET /sessions/{session_id}/nodes/{node_id}/history',
  GetDiff: 'GET /sessions/{session_id}/diff',
  ExecuteCommandRoute: 'POST /commands/execute',
  PreviewCommandRoute: 'POST /commands/preview',
  UndoRoute: 'POST /sessions/{session_id}/undo',
  RedoRoute: 'POST /sessions/{session_id}/redo',
  RestoreRoute: 'POST /sessions/{session_id}/restore',
  CreateProject: 'POST /projects',
  ListProjects: 'GET /projects',
  GetProject: 'GET /projects/{project_id}',
  DeleteProject: 'DELETE /projects/{project_id}',
  SaveProject: 'POST /projects/{project_id}/save',
  LoadProject: 'POST /projects/{project_id}/load',
  ImportProject: 'POST /projects/import?',
  ExportProject: 'GET /projects/{project_id}/export',
  ListTemplates: 'GET /templates',
  GetTemplateSchema: 'GET /templates/{template_id}/schema',
  ValidateTemplate: 'POST /templates/validate',
}
