import { Html, render } from '../html.js'
import { codeBlock, tabGroup } from '../markdown/code.js'
import type { NavSection } from '../navigation.js'
import type { SitePage } from '../page.js'
import { placeOf, siteLink } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { Line } from '../reference/parts.js'

const TITLE = 'Talus'
const DESCRIPTION =
  'A real-time collaboration server for typed project graphs: every change is a command, durable, undoable, and broadcast to everyone in the session.'

const PROMISES = [
  {
    title: 'Nothing is lost or reordered',
    text: 'A command is on disk before any client receives it. Every change has a `seq` without gaps, and a retry never runs twice.',
    more: { title: 'The steps of a command', path: `${placeOf.flows}#a-command` },
  },
  {
    title: 'Undo per user',
    text: 'Each user has an undo stack, which survives restarts. An undo skips anything that another user has changed since, and the response lists what was skipped and why.',
    more: { title: 'The rules of undo', path: placeOf.rule('UNDO3') },
  },
  {
    title: 'Resume without a reload',
    text: 'After a lost connection a client requests the missed entries and always converges to the same graph.',
    more: { title: 'Resume, step by step', path: `${placeOf.flows}#resume` },
  },
  {
    title: 'One contract',
    text: 'Every message is one schema. Server, SDK, types, specifications and these pages derive from it.',
    more: { title: 'Download the specifications', path: placeOf.downloads },
  },
]

const TRY = [
  {
    label: 'TypeScript',
    language: 'ts',
    code: `import { connect } from '@talus/client'

const client = connect('http://localhost:5000')
const session = await client.join('my-session')
const { graph } = session
graph.subscribe(() => console.log(graph.roots()))

// Shows at once, and resolves when it is durable.
const task = { blueprint_type_id: 'task', name: 'Storyboard' }
await session.execute('CreateNode', task)
await session.undo()
client.close()
`,
  },
  {
    label: 'JavaScript',
    language: 'js',
    code: `import { io } from 'socket.io-client'

const socket = io('http://localhost:5000')
socket.emit('join_session', { session_id: 'my-session' })
socket.on('node-created', ({ node }) => console.log(node))

const answer = await socket.emitWithAck('execute_command', {
  session_id: 'my-session',
  command_type: 'CreateNode',
  data: { blueprint_type_id: 'task', name: 'Storyboard' },
})
console.log(answer)
socket.close()
`,
  },
  {
    label: 'Python',
    language: 'python',
    code: `import asyncio

import socketio


async def main() -> None:
    socket = socketio.AsyncClient()
    socket.on("node-created", lambda event: print(event["node"]))
    await socket.connect("http://localhost:5000")
    await socket.call("join_session", {"session_id": "my-session"})
    command = {
        "session_id": "my-session",
        "command_type": "CreateNode",
        "data": {"blueprint_type_id": "task", "name": "Storyboard"},
    }
    print(await socket.call("execute_command", command))
    await socket.disconnect()


asyncio.run(main())
`,
  },
  {
    label: 'curl',
    language: 'bash',
    code: `curl -s -X POST http://localhost:5000/api/v1/sessions \\
  -H 'content-type: application/json' \\
  -d '{ "session_id": "my-session" }'

curl -s -X POST http://localhost:5000/api/v1/commands/execute \\
  -H 'content-type: application/json' \\
  -d '{
    "session_id": "my-session",
    "command_type": "CreateNode",
    "data": { "blueprint_type_id": "task", "name": "Storyboard" }
  }'
`,
  },
]

/** The programs of the landing page, for the test that runs them. */
export const LANDING_EXAMPLES = TRY

const START = 'npx --yes pnpm@10.34.8 start   # http://localhost:5000\n'

function Sections({ sections }: { sections: readonly NavSection[] }) {
  return (
    <div className="sections">
      {sections.map(({ title, path, items }) => (
        <section key={path}>
          <h2>
            <a href={siteLink(path)}>{title}</a>
          </h2>
          <ul>
            {items.map((one) => (
              <li key={one.path}>
                <a href={siteLink(one.path)}>{one.title}</a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

export function landingPage(site: SiteContext, sections: readonly NavSection[]): SitePage {
  const on = { site, path: '' }
  const [first] = sections
  const begin = first?.items[0]?.path ?? 'reference/'
  const tabs = TRY.map(({ label, language, code }) => ({
    label,
    html: codeBlock({ code, language }),
  }))
  const body = render(
    <div className="landing">
      <div className="hero">
        <p className="claim">
          Many people and programs edit <em>one tree of nodes</em>, in real time, with undo.
        </p>
        <p className="lead">
          Talus is a collaboration server for typed project graphs: phases, tasks, assets. Every
          change is a command: it is validated, written to disk, and broadcast to everyone in the
          session, over Socket.IO and REST.
        </p>
        <p className="actions">
          <a className="button primary" href={siteLink(begin)}>
            Get started
          </a>
          <a className="button" href={siteLink('reference/')}>
            Reference
          </a>
        </p>
      </div>
      <div className="try">
        <Html
          html={codeBlock({
            code: START,
            language: 'bash',
            title: 'Requires only Node 20.19 or newer',
          })}
        />
        <Html html={tabGroup('try', tabs)} />
      </div>
      <ul className="promises">
        {PROMISES.map(({ title, text, more }) => (
          <li key={title}>
            <h2>{title}</h2>
            <Line on={on} text={text} as="p" />
            <a href={siteLink(more.path)}>{more.title}</a>
          </li>
        ))}
      </ul>
      <Sections sections={sections} />
    </div>,
  )
  return { path: '', title: TITLE, description: DESCRIPTION, body }
}
