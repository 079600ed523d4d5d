import { writeFileSync } from 'node:fs'
import { accessText, contractText } from '../dist/index.js'

writeFileSync(new URL('../contract.json', import.meta.url), contractText())
writeFileSync(new URL('../ACCESS.md', import.meta.url), accessText())
