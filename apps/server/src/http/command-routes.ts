import { type Ack, type AckFailure, type CommandAnswer, ERRORS, ok } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { ROLE_CHANGED } from '../auth/access.js'
import { roleOf } from '../auth/identity.js'
import { NODES_PER_UNIT } from '../limits/costs.js'
import { chargedBy, textIn } from './request.js'
import { callerNow, goneSignal, holding, type RestServices } from './session-read.js'
import { previewJson, streamed } from './json.js'
import { mount, RawJson, sayWhen } from './route.js'

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
      answered(
        reply,
        await dispatcher.execute({
          via: 'rest',
          caller,
          payload: addressed(body, session_id),
          bytes: reply.request.bodyBytes,
        }),
      ),
    UNCHECKED,
  )
  mount(
    app,
    'PreviewCommandRoute',
    async ({ caller, body, session_id, reply }) => {
      const asked = addressed(body, session_id)
      const { bodyBytes: bytes } = reply.request
      const preview = await dispatcher.preview({ via: 'rest', caller, payload: asked, bytes })
      if (!preview.ok) return sendRefusal(reply, preview)
      // What it came to is known now: it waits for its turn to be sent, as a large read does.
      const demand = {
        user: chargedBy(reply.request),
        session_id: textIn(asked, 'session_id') ?? '',
        units: preview.changes.length / NODES_PER_UNIT,
      }
      const permit = await reply.server.talusServices.work.admit(demand, goneSignal(reply))
      if (!permit.ok) return permit
      return holding(permit.value, async () => {
        // After the wait, by the roles of this moment (rule READ3): another one may see less.
        const now = await callerNow('PreviewCommandRoute', { body: asked, reply })
        if (!now.ok) return now
        if (roleOf(now.value) !== roleOf(caller)) return { ok: false, error: ROLE_CHANGED }
        return ok(new RawJson(await streamed(previewJson(preview), permit.value)))
      })
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
      async ({ caller, params, body, reply }) => {
        const payload = placed(body, params.session_id)
        return answered(reply, await dispatcher.revert(kind, { via: 'rest', caller, payload }))
      },
      UNCHECKED,
    )
  }
}
