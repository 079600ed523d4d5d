import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const index = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8')

// Read from the source, because types leave nothing to list at run time.
const names = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)]
  .flatMap((match) => (match[1] ?? '').split(','))
  .map((name) => name.trim())
  .filter((name) => name !== '')
  .toSorted()

test('the public names are a promise: none goes away unnoticed', () => {
  expect(names).toMatchInlineSnapshot(`
    [
      "BatchResults",
      "Client",
      "ClientEvents",
      "ClientOptions",
      "CommandOptions",
      "CommandStore",
      "Delays",
      "Executed",
      "GraphChange",
      "GraphLimits",
      "GraphNode",
      "Joined",
      "LocalErrorCode",
      "Other",
      "Participant",
      "Previewed",
      "Progress",
      "RecordStore",
      "RefusedCommand",
      "Rest",
      "RestOptions",
      "RoomEvent",
      "Session",
      "SessionEvents",
      "SessionGraph",
      "SessionPresence",
      "SessionStatus",
      "Status",
      "StoredCommand",
      "TalusError",
      "Template",
      "TemplateAccess",
      "TemplateOption",
      "TemplateProperty",
      "TemplateType",
      "Token",
      "UndoOptions",
      "connect",
      "indexedDbStore",
      "rest",
    ]
  `)
})
