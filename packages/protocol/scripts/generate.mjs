import { writeFileSync } from 'node:fs'
import { contractText } from '../dist/index.js'

writeFileSync(new URL('../contract.json', import.meta.url), contractText())
