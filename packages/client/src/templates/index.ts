export { misfits, readTemplate } from './templates.js'
export type { Misfit, ReadTemplate } from './templates.js'
