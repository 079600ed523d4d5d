import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
  RouterProvider,
} from '@tanstack/react-router'
import { Notices } from './parts/notices.js'
import { StartPage } from './start/start-page.js'
import { NotFound } from './start/not-found.js'
import { VIEWS, type View } from './work/views.js'

const root = createRootRoute({ notFoundComponent: NotFound })

const start = createRoute({ getParentRoute: () => root, path: '/', component: StartPage })

/** Joined once for all of its pages. */
const session = createRoute({
  getParentRoute: () => root,
  path: '/s/$sessionId',
  validateSearch: ({ share }: Record<string, unknown>): { share?: string } =>
    typeof share === 'string' || typeof share === 'number' ? { share: `${share}` } : {},
  search: { middlewares: [retainSearchParams(['share'])] },
  component: lazyRouteComponent(() => import('./session/session-page.js'), 'SessionPage'),
})

/** The view, the type or property that it is of, and the property that sorts a table. */
type WorkSearch = { view?: View; by?: string; sort?: string; down?: true }

const work = createRoute({
  getParentRoute: () => session,
  path: '/',
  validateSearch: ({ view, by, sort, down }: Record<string, unknown>): WorkSearch => {
    const known = VIEWS.find((one) => one === view)
    return {
      ...(known && known !== 'tree' && { view: known }),
      ...(typeof by === 'string' && { by }),
      ...(typeof sort === 'string' && { sort, ...(down === true && { down }) }),
    }
  },
  component: lazyRouteComponent(() => import('./work/workplace.js'), 'Workplace'),
})

const text = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined

const tryOut = createRoute({
  getParentRoute: () => root,
  path: '/try',
  validateSearch: (search: Record<string, unknown>): { session?: string; share?: string } => {
    const [session, share] = [text(search['session']), text(search['share'])]
    return { ...(session !== undefined && { session }), ...(share !== undefined && { share }) }
  },
  component: lazyRouteComponent(() => import('./try/try-page.js'), 'TryPage'),
})

const history = createRoute({
  getParentRoute: () => session,
  path: '/history',
  component: lazyRouteComponent(() => import('./history/history-page.js'), 'HistoryPage'),
})

const log = createRoute({
  getParentRoute: () => session,
  path: '/log',
  component: lazyRouteComponent(() => import('./log/log-page.js'), 'LogPage'),
})

const members = createRoute({
  getParentRoute: () => session,
  path: '/members',
  component: lazyRouteComponent(() => import('./members/members-page.js'), 'MembersPage'),
})

const server = createRoute({
  getParentRoute: () => root,
  path: '/server',
  component: lazyRouteComponent(() => import('./server/server-page.js'), 'ServerPage'),
})

const templates = createRoute({
  getParentRoute: () => root,
  path: '/templates',
  component: lazyRouteComponent(() => import('./templates/templates-page.js'), 'TemplatesPage'),
})

const template = createRoute({
  getParentRoute: () => root,
  path: '/templates/$templateId',
  component: lazyRouteComponent(() => import('./templates/template-page.js'), 'TemplatePage'),
})

/** Routes stand behind the `#`: they need nothing of the server, and it never sees share tokens. */
const router = createRouter({
  routeTree: root.addChildren([
    start,
    session.addChildren([work, history, log, members]),
    tryOut,
    server,
    templates,
    template,
  ]),
  history: createHashHistory(),
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

export function App() {
  return (
    <>
      <RouterProvider router={router} />
      <Notices />
    </>
  )
}
