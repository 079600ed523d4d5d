import { rest } from '@talus/client'
import type { TestServer, TestServerOptions } from '@talus/server/testing'
import { testApp } from '../../server/test/harness.js'

/** The server over a journal that is stored, as TALUS_TEST_STORE says. */
export async function storedServer({
  settings,
}: TestServerOptions): Promise<Pick<TestServer, 'url' | 'createSession' | 'close'>> {
  const secret = settings?.jwtSecret
  const app = await testApp({ args: typeof secret === 'string' ? ['--jwt-secret', secret] : [] })
  return {
    url: app.url,
    async createSession({ template = '', name = 'Test', token, actor } = {}) {
      const api = rest(app.url, {
        ...(actor !== undefined && { actor }),
        ...(token !== undefined && { token }),
      })
      const made = await api.createProject({ template_id: template, project_name: name })
      const { session_id, project_id } = made
      const { roots } = await api.getGraph({ session_id })
      return { session_id, project_id, root_id: roots[0] ?? null }
    },
    close: () => app[Symbol.asyncDispose](),
  }
}
