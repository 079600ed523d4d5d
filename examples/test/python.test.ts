import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FOLDER, isWithoutPython, python, PYTHON } from './python-tools.js'
import { startServer, type Server } from './server.js'

describe.skipIf(isWithoutPython())('Python', () => {
  let server: Server

  beforeAll(async () => {
    server = await startServer()
  })

  afterAll(() => server.stop())

  test('talus_types.py is up to date; if not, run `python3 generate_types.py`', () => {
    expect(python('generate_types.py', '--check')).toBe('')
  })

  test('the example is rightly typed', () => {
    expect(python('-m', 'mypy', '--no-incremental', '.')).toContain('Success')
  })

  test('a typed client joins, executes, undoes and reads over REST', async () => {
    const run = promisify(execFile)(PYTHON, ['client.py', server.url], { cwd: FOLDER })
    const lines = (await run).stdout.trim().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^joined at 0, protocol 1\.\d+$/),
      'created: Cut the trailer at 0',
      'changed: status from None to done',
      "graph at 2: [{'status': 'done'}]",
      'removed: status, which was done',
      'undone: UpdateProperty',
      'undo: applied',
      'graph at 3: [{}]',
      'refused: INVALID_PARENT',
    ])
  })
})
