import { TalusError } from '../src/index.js'

/** The TalusError that a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<TalusError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof TalusError) return error
    throw error
  }
  throw new Error('It was expected to reject')
}
