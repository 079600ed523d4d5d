import { ERRORS, ok, type Ack, type AckFailure, type CommandAnswer } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { mount, sayWhen } from './route.js'
import type { RestServices } from './services.js'

/** The dispatcher checks and counts what it is given, as it does for sockets. */
const UNCHECKED = { unchecked: true, counted: true }

function sendRefusal(reply: FastifyReply, refused: AckFailure): undefined {
  const { ok: success, ...rest } = refused
  sayWhen(reply, refused.error)
  void reply.status(ERRORS[refused.error.code].status).send({ success, ok: success, ...rest })
}

function answered(reply: FastifyReply, ack: Ack) {
  if (!ack.ok) return sendRefusal(reply, ack)
  const answer: CommandAnswer = { success: true, ...ack }
  return ok(answer)
}

/** The session of the header goes before none in the body. */
function addressed(body: unknown, session_id: string | undefined): unknown {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  return isObject && session_id !== undefined ? { session_id, ...body } : body
}

/** The session of the path goes before whatever the body says. */
function placed(body: unknown, session_id: string): unknown {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  return isObject ? { ...body, session_id } : body
}

export function mountCommands(app: FastifyInstance, { dispatcher }: RestServices): void {
  mount(
    app,
    'ExecuteCommandRoute',
    async ({ caller, body, session_id, reply }) =>
      answered(reply, await dispatcher.execute(caller, addressed(body, session_id))),
    UNCHECKED,
  )
  mount(
    app,
    'PreviewCommandRoute',
    async ({ caller, body, session_id, reply }) => {
      const preview = await dispatcher.preview(caller, addressed(body, session_id))
      return preview.ok ? ok(preview) : sendRefusal(reply, preview)
    },
    UNCHECKED,
  )
  mount(
    app,
    'RestoreRoute',
    async ({ caller, params, body, reply }) =>
      answered(reply, await dispatcher.restore(caller, params.session_id, body)),
    UNCHECKED,
  )
  for (const kind of ['undo', 'redo'] as const) {
    const name = kind === 'undo' ? 'UndoRoute' : 'RedoRoute'
    mount(
      app,
      name,
      async ({ caller, params, body, reply }) =>
        answered(reply, await dispatcher.revert(kind, caller, placed(body, params.session_id))),
      UNCHECKED,
    )
  }
}
