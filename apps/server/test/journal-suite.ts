import { describe } from 'vitest'
import type { Journal } from '../src/journal/index.js'
import { appendSuite } from './journal-suite-append.js'
import { historySuite } from './journal-suite-history.js'
import { listSuite } from './journal-suite-lists.js'
import { memberSuite } from './journal-suite-members.js'
import { projectSuite } from './journal-suite-projects.js'
import { receiptSuite } from './journal-suite-receipts.js'
import { sessionSuite } from './journal-suite-sessions.js'
import { truncationSuite } from './journal-suite-truncation.js'

/** A journal under test, removed at the end of its scope. */
export interface OpenedJournal extends AsyncDisposable {
  journal: Journal
  /** Closes the journal and opens what it has stored. */
  reopen: () => Promise<Journal>
}

export type OpenJournal = () => Promise<OpenedJournal>

/**
 * What every implementation of `Journal` has to do. `isQueue`: what is asked for first is done first,
 * also where nobody waits for it.
 */
export function journalSuite(name: string, open: OpenJournal, { isQueue = true } = {}): void {
  // How long a test takes is up to the disk: none has a time limit.
  describe(`the ${name}`, { timeout: 0 }, () => {
    sessionSuite(open, { isQueue })
    appendSuite(open)
    historySuite(open)
    truncationSuite(open)
    receiptSuite(open)
    projectSuite(open)
    memberSuite(open)
    listSuite(open)
  })
}
