import { fileURLToPath } from 'node:url'

/** Templates made for the tests: `studio` has every property type. */
export const TEMPLATES = fileURLToPath(new URL('./fixtures/templates', import.meta.url))
