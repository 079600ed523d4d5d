import { writeFileSync } from 'node:fs'
import { apiMarkdown } from './api-markdown.mjs'
import { clientApi } from './client-api.mjs'

const INTRO = `# API of @talus/client

Generated from the docstrings by \`pnpm generate\`. Types of \`@talus/protocol\`, such as what a command takes and gives, follow from the contract: [PROTOCOL.md](../protocol/PROTOCOL.md) explains it. How the parts work together is in the [README](README.md).`

writeFileSync(new URL('../API.md', import.meta.url), await apiMarkdown(INTRO, await clientApi()))
