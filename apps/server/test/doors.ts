import type { TestApp } from './harness.js'

/** The three ways to a session. A rule that says nothing else holds for each of them. */
export const DOORS = ['REST', '/', '/graph'] as const
export type DoorName = (typeof DOORS)[number]

export type Verb = 'execute' | 'preview' | 'undo' | 'redo'
export type Answer = Record<string, unknown>

/** Asks through one of the doors; the session is added to the payload. */
export type Door = {
  ask: (verb: Verb, payload?: object) => Promise<Answer>
  /** Executes one command. */
  execute: (command_type: string, data: unknown, rest?: object) => Promise<Answer>
}

function restPath(verb: Verb, session_id: string): string {
  const isCommand = verb === 'execute' || verb === 'preview'
  return isCommand ? `/commands/${verb}` : `/sessions/${session_id}/${verb}`
}

async function asking(app: TestApp, name: DoorName, session_id: string): Promise<Door['ask']> {
  if (name === 'REST') {
    return async (verb, payload = {}) => {
      const path = restPath(verb, session_id)
      const { success: _, ...answer } = (await app.api('POST', path, { session_id, ...payload }))
        .body
      return answer
    }
  }
  const client = name === '/' ? await app.client() : await app.graphClient(session_id)
  return (verb, payload = {}) => client.ask(`${verb}_command`, { session_id, ...payload })
}

/** A caller at one of the doors of a session that exists. Not a member of its room on `/`. */
export async function openDoor(app: TestApp, name: DoorName, session_id: string): Promise<Door> {
  const ask = await asking(app, name, session_id)
  return {
    ask,
    execute: (command_type, data, rest = {}) => ask('execute', { command_type, data, ...rest }),
  }
}
