import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SHIPPED = fileURLToPath(new URL('.', import.meta.url))
const BESIDE = fileURLToPath(new URL('../../../../shared/data', import.meta.url))

/** Real templates and projects when they are at hand, else the small ones of this folder. */
const given = process.env['TALUS_SHARED_DATA'] ?? BESIDE
const folder = existsSync(join(given, 'templates')) ? given : SHIPPED

export const isReal = folder !== SHIPPED

function filesIn(kind: 'templates' | 'projects', from = folder): { name: string; text: string }[] {
  return readdirSync(join(from, kind)).map((name) => ({
    name,
    text: readFileSync(join(from, kind, name), 'utf8'),
  }))
}

export const templateFiles = filesIn('templates')
export const projectFiles = filesIn('projects')

export const filmTemplate = readFileSync(join(SHIPPED, 'templates', 'film.yaml'), 'utf8')
