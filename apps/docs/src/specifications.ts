import { asyncApi } from './asyncapi/asyncapi.js'
import type { Contract } from './contract.js'
import { jsonSchemas } from './json-schemas.js'
import { openApi } from './openapi/openapi.js'

const text = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`

/** Every file below `spec/`, by its path there: the same contract always gives the same bytes. */
export function specifications(contract: Contract): Map<string, string> {
  return new Map([
    ['asyncapi.json', text(asyncApi(contract))],
    ['openapi.json', text(openApi(contract))],
    ...[...jsonSchemas(contract)].map(([file, schema]): [string, string] => [
      `schemas/${file}.json`,
      text(schema),
    ]),
  ])
}
