import { ofGraph } from '../fields.js'
import { ProjectLoaded, ProjectSaved } from '../root/project.js'

export const GraphProjectLoaded = ofGraph(ProjectLoaded, {
  name: 'project:loaded',
  description: 'A project was loaded into the session.',
})

export const GraphProjectSaved = ofGraph(ProjectSaved, {
  name: 'project:saved',
  description: 'The project of the session was saved.',
})
