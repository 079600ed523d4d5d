import { createHash } from 'node:crypto'
import { contractText } from '@talus/protocol'
import { jwtAuthentication } from '../auth/jwt.js'
import type { Config } from '../config/config.js'
import { boundedQuestion } from '../observability/bounded-question.js'
import { createFaults, type Faults } from '../observability/faults.js'
import { createLogger } from '../observability/log.js'
import { observe, type Observation } from '../observability/observation.js'
import { packageVersion } from '../package-files.js'
import { openAdmission, type Admission } from './admission.js'
import { sourcesOf, type Replacements, type Sources } from './replacements.js'
import { openCore, type Core } from './core.js'

/** The parts, put together. Those that are given stand in place of the real ones. */
export type Composition = {
  config: Config
  observation: Observation
  faults: Faults
  sources: Sources
  core: Core
  admission: Admission
  contractHash: string
  isOpen: () => boolean
  /** Why commands could not be made durable now; null when they can. */
  unreadiness: () => Promise<string | null>
}

export async function compose(config: Config, replacements: Replacements): Promise<Composition> {
  const sources = sourcesOf(replacements)
  const { after, clock, newId } = sources
  const observation = await observe(config, {
    logger: replacements.logger ?? createLogger(config.logLevel),
    after,
    serverVersion: packageVersion(),
  })
  const { log } = observation
  const faults = createFaults({ log, newId })
  const authenticate =
    replacements.authenticate ?? (config.auth && jwtAuthentication(config.auth, { clock, log }))
  const surroundings = { config, replacements, sources, observation, faults }
  const authenticated = authenticate !== null
  const core = await openCore({ ...surroundings, authenticated })
  const admission = openAdmission(core, { ...surroundings, authenticate })
  const ping = boundedQuestion(() => core.journal.ping().then(() => null, causeOf), after)
  return {
    ...surroundings,
    core,
    admission,
    contractHash: createHash('sha256').update(contractText()).digest('hex'),
    isOpen: () => true,
    unreadiness: async () => {
      const cause = await ping()
      return cause === undefined ? 'The journal does not answer' : cause
    },
  }
}

/** What may be told to anybody: the code of a failure, without paths. */
function causeOf(err: unknown): string {
  const [code] = /\b(?:SQLITE_[A-Z_]+|E[A-Z]{3,})\b/.exec(String(err)) ?? []
  if (code === undefined) return 'The journal does not answer'
  const isFull = ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(code)
  return isFull ? `The disk of the data is full (${code})` : `The journal cannot write (${code})`
}
