import { expect, test } from 'vitest'
import * as graph from '../src/index.js'

test('what this package offers changes on purpose only', () => {
  expect(Object.keys(graph).toSorted()).toEqual([
    'AccessRules',
    'Blueprint',
    'EditRuns',
    'GraphMeasure',
    'MAX_STEPS',
    'MAX_STEPS_PER_ACTOR',
    'MAX_STEP_CHARS',
    'NODES_PER_STEP',
    'ProjectGraph',
    'UndoHistory',
    'affordances',
    'describeIssue',
    'diff',
    'diffInPieces',
    'epochOf',
    'finish',
    'higher',
    'invert',
    'isEdit',
    'joinChanges',
    'jsonInSteps',
    'misfits',
    'parseTemplate',
    'permits',
    'plan',
    'planInSteps',
    'sameJson',
    'search',
    'withTypes',
    'withTypesInSteps',
  ])
})
