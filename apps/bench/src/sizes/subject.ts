import type { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { TalusData } from '../contenders.js'
import { CommandScript } from './command-script.js'
import { makeGraph } from './graph-making.js'
import { connectMember } from './membership.js'
import { quiet } from './quiet.js'
import type { Shape } from './shape.js'

/** A graph of some size in a server of its own, whose memory and snapshots are its alone. */
export type Subject = {
  title: string
  server: ServerProcess
  client: RawClient
  script: CommandScript
  stop: () => Promise<void>
}

const SESSION = 'sized'

/** Starts a server, makes the graph and joins it as the only client. */
export async function startSubject(
  title: string,
  shape: Shape,
  nodeArgs: readonly string[],
): Promise<Subject> {
  const data = await TalusData.create()
  try {
    const server = await data.start(nodeArgs)
    await makeGraph(server.url, SESSION, shape)
    await quiet(server)
    const client = await connectMember(server.url, { session_id: SESSION })
    const stop = async () => {
      client.close()
      await server.stop()
      await data.remove()
    }
    return { title, server, client, script: new CommandScript(SESSION, shape), stop }
  } catch (error) {
    await data.remove()
    throw error
  }
}
