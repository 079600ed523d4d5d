import { useSession } from '@talus/client/react'
import type { HistoryEntry } from '@talus/protocol'
import { useCallback, useEffect, useState } from 'react'
import { useClient } from '../account/account.js'
import { useLoaded } from '../parts/loaded.js'
import { useDesk } from '../session/desk.js'

const PAGE = 100
const AGAIN_MS = 400

/** The history of the session, newest first; new entries are added to the first page. */
export function useHistory() {
  const session = useSession()
  const { share } = useDesk()
  const client = useClient(share)
  const session_id = session.id
  const newest = useLoaded(
    useCallback(() => client.rest.getHistory({ session_id, limit: PAGE }), [client, session_id]),
  )
  const [older, setOlder] = useState<readonly HistoryEntry[]>([])
  const [end, setEnd] = useState<number | null>()
  const { reload, value } = newest

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = session.on('entry', () => {
      timer ??= setTimeout(() => {
        timer = undefined
        reload()
      }, AGAIN_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [session, reload])

  const before = end === undefined ? value?.next_before_seq : end
  const first = value?.entries ?? []
  const oldest = first.at(-1)?.seq ?? Number.POSITIVE_INFINITY

  /** Loads the page before the last one. */
  async function more(): Promise<void> {
    if (before === null || before === undefined) return
    const page = await client.rest.getHistory({ session_id, limit: PAGE, before_seq: before })
    setOlder((last) => [...last, ...page.entries])
    setEnd(page.next_before_seq)
  }

  return {
    entries: [...first, ...older.filter(({ seq }) => seq < oldest)],
    hasMore: typeof before === 'number',
    error: newest.error,
    more,
  }
}
