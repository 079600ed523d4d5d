// Runs the steps of the Dockerfile that make and start the image, in a folder in place of a container:
// `pnpm try-image` in `examples`, in a built clone. Ends with 1 when one of them fails.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dockerfile = readFileSync(new URL('Dockerfile', import.meta.url), 'utf8').replaceAll(
  '\\\n',
  '',
)

/** @param {RegExp} step */
function found(step) {
  const [, text] = step.exec(dockerfile) ?? []
  if (text === undefined) throw new Error(`The Dockerfile has no ${step}`)
  return text
}

const deploy = found(/^RUN (pnpm .* deploy) \/talus$/m)
const check = found(/^HEALTHCHECK .*CMD (\[.*\])$/m)
const entry = found(/^ENTRYPOINT (\[.*\])$/m)

const folder = mkdtempSync(join(tmpdir(), 'talus-image-'))
try {
  const image = join(folder, 'talus')
  const [program = '', ...args] = deploy.split(' ')
  execFileSync(program, [...args, image], { cwd: root, stdio: 'inherit' })
  // The port of the image, unless something has it here.
  const [node, main] = JSON.parse(entry)
  const data = join(folder, 'data')
  const server = spawn(node, [main, '--port', '5000', '--data-dir', data], {
    cwd: image,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  await Promise.race([once(server.stdout, 'data'), ended])
  const [healthy, ...probe] = JSON.parse(check)
  execFileSync(healthy, probe, { stdio: 'inherit' })
  for (const driver of ['pg', '@redis/client']) {
    execFileSync(node, ['--input-type=module', '-e', `await import('${driver}')`], { cwd: image })
  }
  server.kill('SIGTERM')
  const [code] = await ended
  if (code !== 0) throw new Error(`The server ended with ${code}`)
  console.log('The image starts, is healthy, and ends in order')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
