import { currentContract } from './contract.js'
import { keepRelease } from './releases.js'

await keepRelease(currentContract())
