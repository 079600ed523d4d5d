import { renewEpochs } from './epochs.js'
import { migrate } from './migrations.js'
import { openDatabase } from './sqlite-database.js'
import { kyselyOver } from './sqlite-dialect.js'

/**
 * Makes a copied database ready to be served: brings its schema up to date, and gives every session
 * a new epoch, since clients may have seen entries that the copy does not have (rule SYNC3).
 */
export async function prepareRestored(file: string, newId: () => string): Promise<void> {
  const database = openDatabase(file, 'full')
  const db = kyselyOver(database)
  try {
    await migrate(db)
    await renewEpochs(db, newId)
    // One file again, without a log beside it, so that it can be moved.
    database.connection.exec('pragma journal_mode = delete')
  } finally {
    database.close()
  }
}
