import { expect, test } from 'vitest'
import * as graph from '../src/index.js'

test('what this package offers changes on purpose only', () => {
  expect(Object.keys(graph).toSorted()).toEqual([
    'AccessRules',
    'Blueprint',
    'MAX_STEPS',
    'MAX_STEPS_PER_ACTOR',
    'MAX_STEP_CHARS',
    'ProjectGraph',
    'UndoHistory',
    'affordances',
    'checkLimits',
    'describeIssue',
    'diff',
    'diffInPieces',
    'epochOf',
    'higher',
    'invert',
    'parseTemplate',
    'permits',
    'plan',
    'sameJson',
    'search',
    'withTypes',
  ])
})
