import { ROUTES } from '@talus/protocol'
import { expect, test } from 'vitest'
import { Dealer } from './convergence/dealer.js'
import { workHonestly } from './fuzz/honest.js'
import { exchange } from './fuzz/http-exchange.js'
import { Judge } from './fuzz/judge.js'
import { KnownIds } from './fuzz/known-ids.js'
import { expectUnharmed, warmedUp } from './fuzz/outcome.js'
import { RestGrammar, type RestRequest } from './fuzz/rest-requests.js'
import { verdictOn } from './fuzz/rest-verdict.js'
import { HANGS_AFTER_MS, IS_LONG, repeatBy, scale } from './fuzz/scale.js'
import { startSubject, type Subject } from './fuzz/subject.js'
import { bearer } from './tokens.js'

const LANES = 6

/** Nothing that is asked here takes long; who waits for ever waits so many milliseconds. */
const PATIENCE_MS = 60_000

/** Who asks, how, and what came of it: success or refusal, by route. */
type Lane = { grammar: RestGrammar; ids: KnownIds; headers: Record<string, string> }

async function lanesFor(subject: Subject, seed: number): Promise<Lane[]> {
  const eve = subject.authenticated ? await bearer('eve') : {}
  const odd = [{}, { authorization: 'Bearer x' }, { authorization: 'Basic eDp5' }]
  const credentials = subject.authenticated ? [...Array(12).fill(eve), ...odd] : [{}]
  return Array.from({ length: LANES }, (_, lane) => {
    const dealer = new Dealer(seed * 1_000 + lane)
    const ids = new KnownIds(dealer)
    return { ids, grammar: new RestGrammar(dealer, { ids, credentials }), headers: eve }
  })
}

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'].map((node_id) => ({
  command_type: 'CreateNode',
  data: { blueprint_type_id: 't', node_id, parent_id: null, properties: { p0: 1, p1: 'x' } },
}))

/** Makes a session with nodes: what is asked for has to be there now and then. */
async function furnish(subject: Subject, { headers }: Lane, session_id: string): Promise<void> {
  const post = (path: string, value: object) => {
    const body = Buffer.from(JSON.stringify(value))
    const all = { ...headers, 'content-type': 'application/json', 'content-length': body.length }
    const outgoing = { method: 'POST', path: `/api/v1${path}`, headers: all, body }
    return exchange(subject, outgoing, PATIENCE_MS)
  }
  await post('/sessions', { session_id })
  const data = { commands: NODES }
  await post('/commands/execute', { session_id, command_type: 'Batch', data })
}

/** What was made under a new id goes again, or lists would grow with every input. */
async function tidyUp(subject: Subject, { headers }: Lane, body: string): Promise<void> {
  const { session_id = '' } = JSON.parse(body) as { session_id?: string }
  const path = `/api/v1/sessions/${encodeURIComponent(session_id)}`
  await exchange(subject, { method: 'DELETE', path, headers }, PATIENCE_MS)
}

function furnishAll(subject: Subject, lane: Lane): Promise<unknown> {
  return Promise.all(['s1', 's2', 's3'].map((id) => furnish(subject, lane, id)))
}

const MAKES = new Set(['CreateSession', 'CreateProject', 'ImportProject'])

/** A link is soon gone with its session: what was made is revoked at once. */
function revocationOf(lane: Lane, body: string): RestRequest {
  const made = JSON.parse(body) as { session_id: string; link: { link_id: string } }
  const path = `/api/v1/sessions/${made.session_id}/share-links/${made.link.link_id}`
  const outgoing = { method: 'DELETE', path, headers: lane.headers }
  return { route: 'DeleteShareLink', strayed: false, outgoing }
}

/** Sends requests until so many are sent; resolves with the routes that answered with success. */
async function ask(
  { subject, judge, lanes }: { subject: Subject; judge: Judge; lanes: Lane[] },
  inputs: number,
): Promise<Set<string>> {
  let left = inputs
  const succeeded = new Set<string>()
  const send = async (lane: Lane, request: RestRequest, round: number) => {
    const answer = await exchange(subject, request.outgoing, PATIENCE_MS)
    const problem = verdictOn(request, answer)
    if (problem !== undefined) {
      const { method, path, body = '' } = request.outgoing
      judge.blame(`${problem}: ${method} ${path} ${String(body)} => ${JSON.stringify(answer)}`)
    }
    if (answer.kind !== 'answer' || answer.status >= 300 || request.strayed) return
    succeeded.add(request.route)
    lane.ids.learn(answer.body)
    const { route } = request
    if (route === 'CreateShareLink') await send(lane, revocationOf(lane, answer.body), round)
    if (route === 'DeleteSession') await furnishAll(subject, lane)
    if (MAKES.has(route) && round % 20 !== 0) await tidyUp(subject, lane, answer.body)
  }
  const run = async (lane: Lane) => {
    while (left > 0 && subject.died() === undefined) {
      left -= 1
      await send(lane, lane.grammar.next(), left)
    }
  }
  await Promise.all(lanes.map(run))
  return succeeded
}

test.each([
  ['without authentication', false],
  ['with authentication', true],
])(
  '[CMD1] whatever is asked by REST gets what the route declares, %s',
  { timeout: HANGS_AFTER_MS },
  async (_title, authenticated) => {
    const { inputs, seed } = scale()
    await using subject = await startSubject({ authenticated })
    using honest = await workHonestly(subject)
    const judge = new Judge()
    const lanes = await lanesFor(subject, seed)
    const mayFail = IS_LONG ? 3 : 15
    const warming = Math.min(inputs / 8, 5_000)
    const [first] = lanes
    if (first) await furnishAll(subject, first)
    const baseline = await warmedUp(subject, async () => {
      await ask({ subject, judge, lanes }, warming)
    })
    const succeeded = await ask({ subject, judge, lanes }, inputs / 2 - warming)
    const never = () => Object.keys(ROUTES).filter((route) => !succeeded.has(route))
    // Which routes succeed depends on how the lanes overlap: some inputs more reach the others.
    for (let more = 8; more > 0 && never().length > mayFail; more -= 1)
      for (const route of await ask({ subject, judge, lanes }, inputs / 4)) succeeded.add(route)
    await expectUnharmed({ subject, honest, judge, baseline, repeat: repeatBy({ inputs, seed }) })
    // A request that is refused at the first check tries little.
    expect(never().slice(mayFail)).toEqual([])
  },
)
