import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const fixtures = new URL('../fixtures/seeds/', import.meta.url)
/** The documents themselves, where they lie beside the repository. */
const documents = fileURLToPath(new URL('../../../../../shared/seeds/', import.meta.url))

test.skipIf(!existsSync(documents)).each(readdirSync(fixtures))(
  '[CMD2] the snippet %s stands in the documents word for word',
  (file) => {
    const texts = readdirSync(documents).map((name) => readFileSync(documents + name, 'utf8'))
    const snippet = readFileSync(new URL(file, fixtures), 'utf8')
    const block = `\`\`\`javascript\n${snippet}\`\`\``
    expect(texts.some((text) => text.includes(block))).toBe(true)
  },
)
