import { Client } from 'pg'

/** Runs statements on a database, each by itself; gives what the last one found. */
export async function runSql<Row = unknown>(url: string, ...statements: string[]): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const sql of statements) ({ rows } = await client.query(sql))
    return rows as Row[]
  } finally {
    await client.end()
  }
}
