import type { Command, Contract, Event } from '../../contract.js'
import { curlExample } from './curl.js'
import { SERVER, type Act, type Caller, type Example, type Payload } from './example.js'
import { javascriptExample } from './javascript.js'
import { pythonExample } from './python.js'
import { typescriptExample } from './typescript.js'

/** The same act as a program in every language that can do it. */
export function examplesOf(
  act: Act,
  contract: Contract,
  caller: Caller = { server: SERVER },
): Example[] {
  return [
    typescriptExample(act, caller),
    javascriptExample(act, caller),
    pythonExample(act, caller),
    curlExample(act, contract, caller),
  ].filter((example) => example !== undefined)
}

export const actOfRequest = ({ name, example }: Event): Act => ({
  kind: 'request',
  name,
  payload: example as Payload | undefined,
})

/** A command, as `execute_command` carries it in the example of the contract. */
export function actOfCommand({ type, example }: Command, contract: Contract): Act {
  const carrier = contract.namespaces['/']?.client_to_server['execute_command']
  if (carrier === undefined) throw new Error('There is no request that carries commands')
  const { session_id } = carrier.example as Payload
  const payload = { session_id, command_type: type, data: example }
  return { kind: 'request', name: 'execute_command', payload }
}

export function actOfRoute(key: string, contract: Contract): Act {
  const { routes, prefix } = contract.rest
  const route = routes[key]
  if (route === undefined) throw new Error(`There is no route ${key}`)
  return { kind: 'route', key, route, prefix }
}

/** Everything of the contract that a client can do, by the kind and name of its page. */
export function allActs(contract: Contract): Map<string, Act> {
  const requests = contract.namespaces['/']?.client_to_server ?? {}
  return new Map([
    ...Object.values(requests).map((event): [string, Act] => [
      `request/${event.name}`,
      actOfRequest(event),
    ]),
    ...Object.values(contract.commands).map((command): [string, Act] => [
      `command/${command.type}`,
      actOfCommand(command, contract),
    ]),
    ...Object.keys(contract.rest.routes).map((key): [string, Act] => [
      `route/${key}`,
      actOfRoute(key, contract),
    ]),
  ])
}
