export { raw } from './raw.js'
export type { Raw, RawAnswer, RawOptions, RawRequest, RawSocket, RawSocketEvents } from './raw.js'
