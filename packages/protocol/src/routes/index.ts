import { CreateProject } from './create-project.js'
import { CreateSession } from './create-session.js'
import { DeleteProject } from './delete-project.js'
import { DeleteSession } from './delete-session.js'
import { ExecuteCommandRoute } from './execute-command.js'
import { ExportProject } from './export-project.js'
import { GetChanges } from './get-changes.js'
import { GetGraph } from './get-graph.js'
import { GetGraphTree } from './get-graph-tree.js'
import { GetHealth } from './get-health.js'
import { GetNode } from './get-node.js'
import { GetProject } from './get-project.js'
import { GetReady } from './get-ready.js'
import { GetSession } from './get-session.js'
import { GetTemplateSchema } from './get-template-schema.js'
import { ImportProject } from './import-project.js'
import { ListProjects } from './list-projects.js'
import { ListSessions } from './list-sessions.js'
import { ListTemplates } from './list-templates.js'
import { LoadProject } from './load-project.js'
import { PreviewCommandRoute } from './preview-command.js'
import { RedoRoute } from './redo.js'
import { SaveProject } from './save-project.js'
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
  GetGraph,
  GetGraphTree,
  GetNode,
  GetChanges,
  ExecuteCommandRoute,
  PreviewCommandRoute,
  UndoRoute,
  RedoRoute,
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

/** Where the routes are mounted. */
export const API_PREFIX = '/api/v1'
