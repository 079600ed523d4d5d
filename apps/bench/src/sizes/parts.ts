import { nodesPart } from '../nodes/nodes-part.js'
import { arrivalsPart } from './arrivals-part.js'
import { blockingPart } from './blocking-part.js'
import { commandsPart } from './commands-part.js'
import { diskPart } from './disk-part.js'
import { gatePart } from './gate-part.js'
import { joinsPart } from './joins-part.js'
import { memoryPart } from './memory-part.js'
import { neighboursPart } from './neighbours-part.js'
import { openingPart } from './opening-part.js'
import { overloadPart } from './overload-part.js'
import type { Part } from './part.js'
import { queuePart } from './queue-part.js'
import { resumePart } from './resume-part.js'
import { sdkPart } from './sdk-part.js'
import { studioPart } from './studio-part.js'

/** What the size report is made of, in its order. */
export const PARTS: readonly Part[] = [
  commandsPart,
  openingPart,
  memoryPart,
  diskPart,
  resumePart,
  blockingPart,
  joinsPart,
  arrivalsPart,
  overloadPart,
  sdkPart,
  queuePart,
  neighboursPart,
  gatePart,
  nodesPart,
  studioPart,
]
