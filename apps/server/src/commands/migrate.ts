import { SettingError } from '../errors.js'
import { commandDatabase } from '../journal/postgres/contents.js'
import { LAYOUT, prepareSchema } from '../journal/postgres/schema.js'
import type { Command } from './command.js'

export const migrate: Command = {
  name: 'migrate',
  usage: 'talus-server migrate --database-url URL',
  summary: 'creates the tables in a PostgreSQL database, or reports that they are up to date',
  options: {},
  required: [],
  databases: true,
  async run({ databaseUrl }) {
    if (databaseUrl === undefined) {
      throw new SettingError('migrate needs --database-url (TALUS_DATABASE_URL, DATABASE_URL)')
    }
    const database = await commandDatabase(databaseUrl)
    try {
      const change = await prepareSchema(database)
      const what = change === 'created' ? 'created' : 'up to date already'
      process.stderr.write(`${database.place}: tables of layout ${LAYOUT} ${what}\n`)
      return 0
    } finally {
      await database.close()
    }
  },
}
