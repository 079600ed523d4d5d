import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  RouterProvider,
} from '@tanstack/react-router'
import { Notices } from './parts/notices.js'
import { StartPage } from './start/start-page.js'
import { NotFound } from './start/not-found.js'

const root = createRootRoute({ notFoundComponent: NotFound })

const start = createRoute({ getParentRoute: () => root, path: '/', component: StartPage })

const work = createRoute({
  getParentRoute: () => root,
  path: '/s/$sessionId',
  validateSearch: ({ share }: Record<string, unknown>): { share?: string } =>
    typeof share === 'string' || typeof share === 'number' ? { share: `${share}` } : {},
  component: lazyRouteComponent(() => import('./work/work-page.js'), 'WorkPage'),
})

/** Routes stand behind the `#`: they need nothing of the server, and it never sees share tokens. */
const router = createRouter({
  routeTree: root.addChildren([start, work]),
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
